"""Starting several processes that work together, as a launcher does, over the loopback interface."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from copies import Program
from oodflow.bench.ranks.launch import environments

LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"


@dataclass
class Ended:
    """How a process has ended."""

    code: int
    out: str
    err: str


def launch(count: int, arguments: Sequence[object], **environment: str) -> list[Program]:
    """Start programs of Python with the same arguments, by rank, that stumble over warnings."""
    own = {"GLOO_SOCKET_IFNAME": LOOPBACK} | environment
    return [Program(arguments, shared | own) for shared in environments(count)]


def ended(processes: Sequence[Program]) -> list[Ended]:
    """Wait for processes, and tell how each has ended; where one does not, all are killed, and what they said is told.

    Raises:
        AssertionError: with code (none: it had not ended), output and errors of each.
    """
    try:
        said = [process.communicate(timeout=120) for process in processes]
    except subprocess.TimeoutExpired:
        codes = [process.poll() for process in processes]
        for process in processes:
            process.kill()
        raise AssertionError([(code, *one.communicate()) for code, one in zip(codes, processes, strict=True)]) from None
    return [Ended(process.returncode, *texts) for process, texts in zip(processes, said, strict=True)]


def together(count: int, *arguments: object, **environment: str) -> list[Ended]:
    """Run ``oodflow`` by several processes."""
    return ended(launch(count, ["-m", "oodflow", *arguments], **environment))
