"""Normalizing flows, the out-of-distribution data they mistake for their own, and why.

Example:
    Train a flow on images in memory, or open what ``oodflow train`` made, and ask it::

        flow = oodflow.fit("realnvp", images, steps=500)      # uint8 [N, C, H, W]
        flow = oodflow.load("runs/fashion-mnist-realnvp-cpu")
        flow.log_prob(images), flow.sample(16)                # [N], nats per 8-bit image; uint8 [16, C, H, W]

    Find outliers as scikit-learn does::

        detector = oodflow.FlowDetector().fit(rows)           # [N, D]
        detector.predict(rows)                                # 1 normal, -1 outlier

Every package of it is there after ``import oodflow``, ``oodflow.flows`` or ``oodflow.scores``, and imported when it is
first used.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from oodflow import analysis as analysis
    from oodflow import bench as bench
    from oodflow import bijections as bijections
    from oodflow import cli as cli
    from oodflow import data as data
    from oodflow import deployment as deployment
    from oodflow import detectors as detectors
    from oodflow import document as document
    from oodflow import encoders as encoders
    from oodflow import evaluation as evaluation
    from oodflow import explanation as explanation
    from oodflow import figures as figures
    from oodflow import flows as flows
    from oodflow import interop as interop
    from oodflow import metrics as metrics
    from oodflow import nets as nets
    from oodflow import paper as paper
    from oodflow import recipes as recipes
    from oodflow import report as report
    from oodflow import runs as runs
    from oodflow import scores as scores
    from oodflow import session as session
    from oodflow import statistics as statistics
    from oodflow import testing as testing
    from oodflow import training as training
    from oodflow import transformers as transformers
    from oodflow.detectors import FlowDetector as FlowDetector
    from oodflow.flows import Flow as Flow
    from oodflow.session.fit import fit as fit

__version__ = "0.1.0"
__all__ = ["Flow", "FlowDetector", "fit", "load"]

_ELSEWHERE = {"Flow": "oodflow.flows", "FlowDetector": "oodflow.detectors", "fit": "oodflow.session.fit"}


def load(path: str | Path, *, builder: "Callable[[], Flow] | None" = None) -> "Flow":
    """Load a flow on the CPU and in eval mode. Nothing that a file holds is executed.

    Args:
        path: a run directory, a ``weights.safetensors``, or what :meth:`Flow.save` wrote.
        builder: for a flow that was put together by hand, the function that does so.

    Raises:
        UsageError: for a folder that is not a run, and when a builder is needed, or does not fit.
        OodflowError: when the run has no weights yet, or they are damaged.
    """
    from oodflow.runs.run_dir import load as load_run  # torch is only loaded when it is used

    return load_run(path, builder=builder)


def __getattr__(name: str) -> Any:
    """Import what is first used, for most of it takes torch with it."""
    from importlib.util import find_spec

    if name in _ELSEWHERE:
        value = getattr(import_module(_ELSEWHERE[name]), name)
    elif not name.startswith("_") and find_spec(f"oodflow.{name}") is not None:
        value = import_module(f"oodflow.{name}")
    else:
        raise AttributeError(f"module 'oodflow' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    from pkgutil import iter_modules  # takes as long as all the rest here

    modules = (module.name for module in iter_modules(__path__))
    return sorted({*globals(), *_ELSEWHERE, *(name for name in modules if not name.startswith("_"))})
