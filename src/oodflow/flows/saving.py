"""Flows and other tensors in files: safetensors with JSON metadata, so that loading never executes anything."""

import errno
import json
from pathlib import Path

from pydantic import TypeAdapter
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from oodflow.errors import OodflowError
from oodflow.files import written_atomically
from oodflow.flows.config import FlowConfig
from oodflow.flows.flow import Flow
from oodflow.flows.presets import AnyFlowConfig


def save_flow(path: Path, flow: Flow, config: FlowConfig) -> None:
    """Write a flow to one safetensors file, with what it takes to build it again."""
    # One key alone: the library writes several in any order, and equal flows should be equal files.
    description = {"config": config.model_dump(mode="json"), "shape": flow.shape}
    save_tensors(path, flow.state_dict(), {"flow": json.dumps(description)})


def load_flow(path: Path) -> Flow:
    """Read a flow that :func:`save_flow` wrote, on the CPU and in eval mode.

    Raises:
        OodflowError: when the file is missing, damaged or holds something else.
    """
    tensors, metadata = load_tensors(path)
    try:
        description = json.loads(metadata["flow"])
        config: AnyFlowConfig = TypeAdapter(AnyFlowConfig).validate_python(description["config"])
        flow = config.build(tuple(description["shape"]))
        flow.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        why = f"its metadata lacks {error}" if isinstance(error, KeyError) else str(error)
        raise OodflowError(f"{path} does not hold a flow of this version of oodflow: {why}.") from error
    return flow.eval()


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write a safetensors file atomically."""
    with written_atomically(path) as temporary:
        temporary.touch()
        mode = temporary.stat().st_mode
        try:
            save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, temporary, metadata)
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
        raise OodflowError(f"{path} does not exist.") from error
    except (SafetensorError, OSError) as error:
        raise OodflowError(
            f"{path} is not a whole safetensors file ({error}): it is damaged or was cut off."
        ) from error
