"""Starting several processes that work together, as a launcher does, over the loopback interface."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"


@dataclass
class Ended:
    """How a process has ended."""

    code: int
    out: str
    err: str


def launch(count: int, arguments: Sequence[object], **environment: str) -> list[subprocess.Popen]:
    """Start processes of Python with the same arguments, by rank."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = os.environ | environment | {
        "WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1",
        "GLOO_SOCKET_IFNAME": LOOPBACK, "PYTHONWARNINGS": "error",
    }  # fmt: skip
    command = [sys.executable, *map(str, arguments)]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    own = ({"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count))
    return [subprocess.Popen(command, env=shared | ranks, **pipes) for ranks in own]


def ended(processes: Sequence[subprocess.Popen]) -> list[Ended]:
    """Wait for processes, and tell how each has ended."""
    try:
        said = [process.communicate(timeout=120) for process in processes]
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
    return [Ended(process.returncode, *texts) for process, texts in zip(processes, said, strict=True)]


def together(count: int, *arguments: object, **environment: str) -> list[Ended]:
    """Run ``oodflow`` by several processes."""
    return ended(launch(count, ["-m", "oodflow", *arguments], **environment))
