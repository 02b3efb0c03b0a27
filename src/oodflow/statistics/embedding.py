"""What a network makes of an image that has learned from other images."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from oodflow.bijections import Shape
from oodflow.data import DataSet
from oodflow.errors import OodflowError
from oodflow.files import digest
from oodflow.statistics.batch import Batch, inference
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Needs, Statistic

_ROWS = 32
_DESCRIPTION = ("config.json", "preprocessor_config.json")


class Embedding(Statistic):
    r"""Features of an image that an outside model gives, pooled over the image: float32 ``[N, D]``, without a unit.

    The model is one of Hugging Face ``transformers`` that lies in a folder: nothing is downloaded, and no code that
    comes with it is executed. Grey images are repeated to three channels; all are resized, cropped and normalised as
    the model's image processor says. What it knows it has learned from other images than those that are asked about.

    Attributes:
        encoder: a folder with ``config.json``, ``preprocessor_config.json`` and weights in ``*.safetensors``, of a
            model for images with a ``pooler_output``.
        weights: digest of these files, by which it is known whether what was computed before is of these; found out.

    Raises:
        OodflowError: the folder does not hold such a model.

    Reference:
        Kirichenko, Izmailov, Wilson, 2020, arXiv 2006.08545, appendix N (flows on embeddings of images).

    Example:
        >>> import pytest
        >>> from oodflow.testing.encoders import save_encoder
        >>> from oodflow.testing.observations import example
        >>> _ = pytest.importorskip("transformers")  # pip install "oodflow[encoders]"
        >>> example("test")[Embedding(encoder=save_encoder(getfixture("tmp_path")))].shape
        (32, 8)
    """

    kind: Literal["embedding"] = "embedding"
    needs: ClassVar[Needs] = "data"
    images_only: ClassVar[bool] = True
    quantity: ClassVar[str] = "feature"
    encoder: str
    weights: str = Field(default_factory=lambda settings: _digest(settings["encoder"]))

    def compute(self, batch: Batch) -> Array:
        """Compute them, [n, D]."""
        return _loaded(self.encoder, self.weights).embed(batch.data, batch.x.device)

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """``(D,)``."""
        return (_dims(self.encoder, self.weights, data.shape),)

    def why_not(self, model: Density | None, data: DataSet) -> str | None:
        """Refuse images that are neither grey nor RGB, and such as the encoder can't take."""
        if reason := super().why_not(model, data):
            return reason
        if data.shape[0] not in (1, 3):
            return f"the encoder takes grey or RGB images, and {data.name} has {data.shape[0]} channels"
        if find_spec("transformers") is None:
            return 'the encoder takes the package transformers, which is not there: pip install "oodflow[encoders]"'
        self.shape(model, data)
        return None


def _digest(encoder: str) -> str:
    """Digest the weights, and what says how they are put together and what they are shown: 64 hexadecimal digits."""
    folder = Path(encoder)
    files = [*(folder / name for name in _DESCRIPTION), *sorted(folder.glob("*.safetensors"))]
    missing = next((file.name for file in files if not file.is_file()), None)
    if missing or len(files) == len(_DESCRIPTION):
        raise OodflowError(
            f"there is no encoder in {encoder}, for {missing or '*.safetensors'} is missing: name a folder with a "
            "model of Hugging Face transformers in safetensors, and its preprocessor_config.json."
        )
    return sha256("".join(f"{file.name} {digest(file)}\n" for file in files).encode()).hexdigest()


@lru_cache(maxsize=2)
def _loaded(encoder: str, weights: str) -> "_Encoder":
    del weights  # other weights are another entry of the cache
    return _Encoder(encoder)


@lru_cache(maxsize=64)
def _dims(encoder: str, weights: str, shape: Shape) -> int:
    """Count the features of images of a shape, with a black one."""
    black = np.zeros((1, *shape), np.uint8)
    return int(_loaded(encoder, weights).embed(black, torch.device("cpu")).shape[1])


class _Encoder:
    """A model of ``transformers`` with its image processor, in float32 and eval mode."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        with self._explained("be loaded"), _quiet():
            from transformers import AutoImageProcessor, AutoModel

            # Its processors take torchvision where it is installed, and others differ from them by a grey level.
            self._processor = AutoImageProcessor.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, backend="pil"
            )
            model, about = AutoModel.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32,
                output_loading_info=True,
            )  # fmt: skip
        if drawn := sorted(about["missing_keys"]):
            raise OodflowError(
                f"the encoder in {folder} has no weights for {len(drawn):,} of its tensors, such as {drawn[0]}, which "
                "would be drawn at random: save the model with all that its pooled output is made of."
            )
        self._model: Any = model.eval().requires_grad_(False)

    def embed(self, images: NDArray[np.uint8], device: torch.device) -> NDArray[np.float32]:
        """Compute the features of ``[n, C, H, W]``, ``[n, D]``."""
        model = self._model.to(device)
        with self._explained(f"be shown images of shape {images.shape[1:]}"), inference():
            blocks = [self._block(model, images[row : row + _ROWS], device) for row in range(0, len(images), _ROWS)]
        return np.concatenate(blocks)

    def _block(self, model: Any, images: NDArray[np.uint8], device: torch.device) -> NDArray[np.float32]:
        """Compute those of a block; it is filled up, for products of one size alone round all rows alike."""
        coloured = [*np.repeat(images, 3 // images.shape[1], axis=1)]
        seen = self._processor(images=coloured, input_data_format="channels_first", return_tensors="pt")["pixel_values"]
        filled = torch.zeros(_ROWS, *seen.shape[1:], dtype=torch.float32, device=device)
        filled[: len(images)] = seen
        pooled: Tensor | None = getattr(model(pixel_values=filled), "pooler_output", None)
        if pooled is None:
            raise ValueError(f"its {type(model).__name__} has no pooler_output")
        return pooled[: len(images)].flatten(1).cpu().numpy()

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        """Tell in a sentence what a library that is not ours fails with, whatever it is."""
        try:
            yield
        except Exception as error:
            why = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
            raise OodflowError(
                f"the encoder in {self._folder} can't {what}: {why}: name a model for images of Hugging Face "
                "transformers."
            ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Load a model without bars, warnings that weights are left over, or random numbers that others would miss."""
    from transformers.utils import logging

    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()
