"""Starting processes that work together on this machine, as ``torchrun`` does."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence


def launch(count: int, arguments: Sequence[object], **environment: str) -> list["subprocess.Popen[str]"]:
    """Start processes of this Python with the same arguments, which find one another by the loopback interface.

    Args:
        count: how many.
        arguments: of ``python``.
        environment: variables that they have besides this process' own.

    Returns:
        The processes by rank; their output is theirs to read.
    """
    return [
        subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            env=os.environ | environment | own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for own in environments(count)
    ]


def environments(count: int) -> list[dict[str, str]]:
    """List, by rank, the variables by which so many processes find one another."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    return [shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count)]
