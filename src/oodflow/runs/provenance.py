"""What a result rests on: command, commit, versions, machine, data."""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from oodflow import __version__
from oodflow.data import DataSet


def provenance(command: str) -> dict[str, Any]:
    """Describe where and by what a result was made.

    Args:
        command: what a reader types to repeat it.
    """
    return {
        "command": command,
        "oodflow": __version__,
        "commit": _commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "libraries": {name: version(name) for name in ("numpy", "scipy", "scikit-learn", "pillow")},
        "system": f"{sys.platform} {platform.machine()}",
        "cpus": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def describe(images: DataSet) -> dict[str, Any]:
    """Describe a data set: name, split, count, shape, fingerprint, and what is special about this copy."""
    return {
        "name": images.name,
        "split": images.split,
        "images": len(images),
        "shape": list(images.shape),
        "fingerprint": images.fingerprint,
        "note": images.note,
    }


def _commit() -> str | None:
    """Return the commit of the source that runs, with ``+`` when it was changed since; none outside a checkout."""
    source = Path(__file__).parent
    try:

        def git(*arguments: str) -> str:
            command = ["git", "-C", str(source), *arguments]
            return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

        if not git("ls-files", Path(__file__).name):
            return None
        changed = git("status", "--porcelain", "--untracked-files=no", "--", str(source.parent))
        return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return None
