"""Tensors in files: safetensors with metadata, so that loading never executes anything."""

import errno
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from oodflow.errors import NOT_AS_WRITTEN, Damaged, NotThere
from oodflow.files import written_atomically

ABOUT = "oodflow"  # the one key of a file's metadata: the library writes several in any order


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write a safetensors file atomically, with a digest of all that is in it."""
    tensors = _apart(tensors)
    about = json.dumps(metadata | {"digest": _digest(tensors, metadata)}, sort_keys=True)
    with written_atomically(path) as temporary:
        temporary.touch()
        mode = temporary.stat().st_mode
        try:
            save_file(tensors, temporary, {ABOUT: about})
        except SafetensorError as error:  # it wraps the operating system's error and keeps only its text
            number = re.search(r"os error (\d+)", str(error))
            raise OSError(int(number[1]) if number else errno.EIO, str(error)) from error
        temporary.chmod(mode)  # the library's own files are for their owner alone, whatever the user's umask


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file to the CPU: its tensors and its metadata.

    Raises:
        NotThere: it does not exist.
        Damaged: it was cut off, or is not what :func:`save_tensors` wrote; files of others have no digest to see it by.
    """
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata: dict[str, str] = file.metadata() or {}
            if ABOUT in metadata:
                metadata = json.loads(metadata[ABOUT])
                if metadata.pop("digest") != _digest(tensors, metadata):
                    raise ValueError("its content has another digest than was written")
    except FileNotFoundError as error:
        raise NotThere(f"{path} does not exist.") from error
    except (SafetensorError, OSError) as error:
        raise Damaged(f"{path} is not a whole safetensors file ({error}): it is damaged or was cut off.") from error
    except NOT_AS_WRITTEN as error:
        raise Damaged(f"{path} is damaged: {error}.") from error
    return tensors, metadata


def _digest(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """Hash names, types, shapes, numbers and metadata."""
    hashed = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        hashed.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        hashed.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return hashed.hexdigest()


def misfits(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str:
    """Name the weights that are missing, unexpected, or of another shape or type; nothing if all fit."""
    reshaped = [
        f"{name} {list(found[name].shape)}, not {list(expected[name].shape)}"
        for name in expected.keys() & found.keys()
        if expected[name].shape != found[name].shape
    ]
    retyped = [
        f"{name} {found[name].dtype}, not {expected[name].dtype}"
        for name in expected.keys() & found.keys()
        if expected[name].is_floating_point() != found[name].is_floating_point()
    ]
    groups = {
        "missing": expected.keys() - found.keys(),
        "unexpected": found.keys() - expected.keys(),
        "of another shape": reshaped,
        "of another type": retyped,
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
