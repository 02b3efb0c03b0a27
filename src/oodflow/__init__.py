"""Normalizing flows, the out-of-distribution data they mistake for their own, and why.

Example:
    Open what ``oodflow train`` made and ask it about images::

        flow = oodflow.load("runs/fashion-mnist-realnvp-cpu")
        flow.log_prob(images, generator=torch.Generator().manual_seed(0))   # [B], nats per 8-bit image
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oodflow.flows import Flow

__version__ = "0.1.0"
__all__ = ["load"]


def load(path: str | Path) -> "Flow":
    """Load the flow of a run directory, or of a ``weights.safetensors``, on the CPU and in eval mode."""
    from oodflow.runs.run_dir import load as load_run  # torch is only loaded when it is used

    return load_run(path)


def __getattr__(name: str) -> ModuleType:
    """Import ``oodflow.interop`` when it is first used, for it takes torch with it."""
    if name == "interop":
        return import_module("oodflow.interop")
    raise AttributeError(f"module 'oodflow' has no attribute {name!r}")
