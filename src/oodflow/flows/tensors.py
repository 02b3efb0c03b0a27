"""Tensors in files: safetensors with metadata, so that loading never executes anything."""

import errno
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from oodflow.errors import NotThere, OodflowError
from oodflow.files import written_atomically


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write a safetensors file atomically."""
    with written_atomically(path) as temporary:
        temporary.touch()
        mode = temporary.stat().st_mode
        try:
            save_file(_apart(tensors), temporary, metadata)
        except SafetensorError as error:  # it wraps the operating system's error and keeps only its text
            full = f"os error {errno.ENOSPC}" in str(error)
            raise OSError(errno.ENOSPC if full else errno.EIO, str(error)) from error
        temporary.chmod(mode)  # the library's own files are for their owner alone, whatever the user's umask


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file to the CPU: its tensors and its metadata."""
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except FileNotFoundError as error:
        raise NotThere(f"{path} does not exist.") from error
    except (SafetensorError, OSError) as error:
        raise OodflowError(
            f"{path} is not a whole safetensors file ({error}): it is damaged or was cut off."
        ) from error


def misfits(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str:
    """Name the weights that are missing, unexpected or of another shape; nothing if all fit."""
    reshaped = [
        f"{name} {list(found[name].shape)}, not {list(expected[name].shape)}"
        for name in expected.keys() & found.keys()
        if expected[name].shape != found[name].shape
    ]
    groups = {
        "missing": expected.keys() - found.keys(),
        "unexpected": found.keys() - expected.keys(),
        "of another shape": reshaped,
    }
    return "; ".join(f"{what}: {_few(sorted(names))}" for what, names in groups.items() if names)


def _apart(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Give each name memory of its own: the format knows no tensor that goes by two, of a part that is used twice."""
    apart, taken = dict[str, Tensor](), set[int]()
    for name, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        place = tensor.untyped_storage().data_ptr()
        apart[name] = tensor.clone() if place in taken else tensor
        taken.add(place)
    return apart


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
