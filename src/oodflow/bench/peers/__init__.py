"""Other libraries of normalizing flows, each beside the nearest that we have. None of them is needed for anything else.

``PEERS`` names them; adding one is a file here and a line. A peer that is not installed is listed as such.
"""

from collections.abc import Callable

from oodflow.bench.peers import nflows, normflows, torchflows, zuko
from oodflow.bench.peers.peer import Peer, Size

PEERS: dict[str, Callable[[Size], Peer]] = {
    "normflows": normflows.peer,
    "nflows": nflows.peer,
    "torchflows": torchflows.peer,
    "zuko": zuko.peer,
}

__all__ = ["PEERS", "Peer", "Size"]
