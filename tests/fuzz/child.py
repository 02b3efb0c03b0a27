"""Reads damaged files in a process with limits, of which nothing is left when it crashes but the last case."""

import json
import os
import resource
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import torch

from oodflow.errors import OodflowError

from .damage import damaged
from .readers import READERS

ROOM = 1 << 30  # bytes beyond what the process has after it has read a sound file


def main(name: str, seed: int, count: int, kept: Path, came_to: Path, told_to: Path) -> None:
    """Try so many cases; write what came, and keep the file that was being read when something else did."""
    with told_to.open("w") as told:
        os.dup2(told.fileno(), 2)
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # others reserve more than the limit before they are used
    torch.set_num_threads(1)
    warnings.simplefilter("error")
    reader, rng = READERS[name], np.random.default_rng(seed)
    sound = reader.write()
    came = {"read": 0, "refused": 0, "slowest": 0.0}
    for number in range(count + 1):
        content = sound if number == 0 else damaged(sound, rng)
        kept.write_bytes(content)
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            path = root / reader.place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            began = time.perf_counter()
            try:
                reader.read(root)
                came["read"] += 1
            except OodflowError as error:
                if number == 0:
                    raise
                if path.name not in str(error) and str(root) not in str(error):
                    raise AssertionError(f"the message names no file: {error}") from error
                came["refused"] += 1
            came["slowest"] = max(came["slowest"], time.perf_counter() - began)
        if number == 0:
            _limit()
    came_to.write_text(json.dumps(came))


def _limit() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ROOM,) * 2)
