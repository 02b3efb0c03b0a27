"""A model of Hugging Face ``transformers`` that turns images into vectors."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from oodflow.encoders.files import MISSING, fingerprint, folder_of
from oodflow.errors import OodflowError
from oodflow.gradients import inference

BLOCK = 32
"""Images that go through an encoder at once. Products of one size alone round all rows alike, so a block that is not
full is filled up, and what comes of an image depends on no other."""


def open_encoder(encoder: str) -> "Encoder":
    """Load an encoder, once: a folder, or the name of a model that was downloaded before.

    Raises:
        OodflowError: there is no such encoder, or it does not work.
    """
    return loaded(encoder, fingerprint(encoder))


@lru_cache(maxsize=2)
def loaded(encoder: str, weights: str) -> "Encoder":
    """Load an encoder whose :func:`fingerprint` is known, once."""
    return Encoder(encoder, weights)


@lru_cache(maxsize=64)
def width(encoder: str, weights: str, shape: tuple[int, ...]) -> int:
    """Count the features that an encoder gives for images of a shape, with a black one."""
    return int(loaded(encoder, weights).embed(np.zeros((1, *shape), np.uint8)).shape[1])


def why_not(name: str, shape: tuple[int, ...]) -> str | None:
    """Tell why no encoder can be shown the images of a set, if that is so."""
    if len(shape) != 3 or shape[0] not in (1, 3):
        return f"the encoder takes grey or RGB images, and {name} has {shape[0]} channels"
    return MISSING if find_spec("transformers") is None else None


class Encoder:
    r"""A model of ``transformers`` with its image processor, in float32 and eval mode.

    No code that comes with it is executed, and nothing is downloaded.

    Args:
        encoder: a folder with ``config.json``, ``preprocessor_config.json`` and weights in ``*.safetensors``, of a
            model for images with a ``pooler_output``, or the name of one that was downloaded before.
        weights: its :func:`~oodflow.encoders.fingerprint`.

    Raises:
        OodflowError: the folder does not hold such a model.

    Example:
        >>> import pytest
        >>> from oodflow.testing.encoders import save_encoder
        >>> _ = pytest.importorskip("transformers")  # pip install "oodflow[encoders]"
        >>> encoder = open_encoder(save_encoder(getfixture("tmp_path")))
        >>> encoder.embed(np.zeros((5, 3, 8, 8), np.uint8)).shape
        (5, 8)
    """

    def __init__(self, encoder: str, weights: str) -> None:
        self.name, self.fingerprint = encoder, weights
        folder = folder_of(encoder)
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
                f"the encoder in {encoder} has no weights for {len(drawn):,} of its tensors, such as {drawn[0]}, which "
                "would be drawn at random: save the model with all that its pooled output is made of."
            )
        self._model: Any = model.eval().requires_grad_(False)

    def embed(
        self, images: NDArray[np.uint8], device: torch.device | None = None, block: int = BLOCK
    ) -> NDArray[np.float32]:
        """Compute the features of 8-bit images: a vector each, of what the model pools over the image.

        Grey images are repeated to three channels; all are resized, cropped and normalised as the image processor says.

        Args:
            images: uint8 ``[n, C, H, W]``, grey or RGB.
            device: where to compute; a GPU if there is one.
            block: how many go through the model at once; another number gives other last digits.

        Returns:
            float32 ``[n, D]``.

        Raises:
            OodflowError: the model can't be shown such images, or gives a number that is infinite or NaN.
        """
        device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model = self._model.to(device)
        with self._explained(f"be shown images of shape {images.shape[1:]}"), inference():
            rows = range(0, len(images), block)
            found = np.concatenate([self._block(model, images[row : row + block], device, block) for row in rows])
        if not np.isfinite(found).all():
            raise OodflowError(f"the encoder in {self.name} gives features that are infinite or NaN: take another.")
        return found

    def _block(self, model: Any, images: NDArray[np.uint8], device: torch.device, block: int) -> NDArray[np.float32]:
        """Compute those of a block, filled up with black."""
        coloured = [*np.repeat(images, 3 // images.shape[1], axis=1)]
        seen = self._processor(images=coloured, input_data_format="channels_first", return_tensors="pt")["pixel_values"]
        filled = torch.zeros(block, *seen.shape[1:], dtype=torch.float32, device=device)
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
                f"the encoder in {self.name} can't {what}: {why}: name a model for images of Hugging Face transformers."
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
