"""Programs of Python that begin as copies of a process that has imported what they use, which takes each seconds."""

import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path

import torch

COPIES = get_context("forkserver")
USED = ("cli", "session", "evaluation", "deployment", "detectors", "interop")
COPIES.set_forkserver_preload([f"oodflow.{name}" for name in USED])

STREAMS = ("out", "err")


class Program:
    """A program that runs, as :class:`subprocess.Popen` has them: without input, and what it says is kept in files.

    Args:
        arguments: of ``python``, as ``["-m", "oodflow", "train"]``; warnings are errors.
        environment: variables that it has besides this process' own.
    """

    def __init__(self, arguments: Sequence[object], environment: Mapping[str, str]) -> None:
        self._folder = Path(tempfile.mkdtemp())
        words, variables = [str(word) for word in arguments], {**os.environ, **environment}
        self._process = COPIES.Process(target=_run, args=(words, variables, self._folder))
        self._process.start()

    def poll(self) -> int | None:
        """Tell how it ended, if it has."""
        return self._process.exitcode

    returncode = property(poll)

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait until it has ended, and give what it said.

        Raises:
            subprocess.TimeoutExpired: it has not.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout)
        out, err = ((self._folder / name).read_text() for name in STREAMS)
        shutil.rmtree(self._folder)
        return out, err


def _run(arguments: list[str], environment: dict[str, str], folder: Path) -> None:
    for number, name in enumerate(STREAMS, 1):
        with (folder / name).open("w") as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    torch.set_num_threads(1)
    warnings.simplefilter("error")
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        sys.path.insert(0, str(Path(arguments[0]).parent))
        runpy.run_path(arguments[0], run_name="__main__")
