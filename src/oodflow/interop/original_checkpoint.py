"""Reading the original's checkpoint files, without executing anything in them."""

import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from oodflow.errors import NotThere, OodflowError
from oodflow.flows import load_tensors


class Checkpoint(NamedTuple):
    """What a checkpoint holds.

    Attributes:
        state_dict: the weights.
        epoch: when they were saved, if it says so.
    """

    state_dict: dict[str, Tensor]
    epoch: int | None


def read_checkpoint(path: Path) -> Checkpoint:
    """Read ``{"net": state_dict, "epoch": n}``, as the original saves it, or a bare state-dict; safetensors too.

    Raises:
        NotThere: for a file that is missing.
        OodflowError: for one that is damaged, holds something else, or more than tensors.
    """
    if path.suffix == ".safetensors":
        return Checkpoint(load_tensors(path)[0], None)
    content = _load(path)
    net = content.get("net", content) if isinstance(content, dict) else None
    if not isinstance(net, dict) or not net or not all(isinstance(tensor, Tensor) for tensor in net.values()):
        raise OodflowError(
            f"{path} is no checkpoint of the original: expected a dict of tensors, or one under the key 'net'."
        )
    for name, tensor in net.items():
        # A view may repeat what is stored any number of times, and be made whole by the first that copies it.
        if tensor.layout != torch.strided or tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            raise OodflowError(f"{path} is no checkpoint of the original: {name} has more numbers than the file holds.")
    epoch = content.get("epoch")
    return Checkpoint({str(name): tensor for name, tensor in net.items()}, epoch if isinstance(epoch, int) else None)


def _load(path: Path) -> Any:
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise NotThere(f"{path} {what}: name a checkpoint, such as 80.pt.")
    _require_no_bomb(path)
    try:
        with warnings.catch_warnings(action="ignore"):  # of old or odd pickles: the error below says it
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise OodflowError(
            f"{path} can't be read as tensors alone: it is no checkpoint, or it holds objects, and making them would "
            f"run code that comes with the file. Save the state-dict by itself, or as safetensors, where you trust it."
        ) from error
    except Exception as error:  # whatever a damaged file leads the reader to
        raise OodflowError(f"{path} is no checkpoint: it is damaged, cut off or something else.") from error


def _require_no_bomb(path: Path) -> None:
    """Refuse an archive that would become larger when it is read: PyTorch compresses nothing.

    Raises:
        OodflowError: it would.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return  # an older kind of file, or a damaged one: reading it will say
    if size > path.stat().st_size:
        raise OodflowError(f"{path} is no checkpoint: it would be {size:,} bytes, {path.stat().st_size:,} are there.")
