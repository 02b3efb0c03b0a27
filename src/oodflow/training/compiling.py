"""Compiled networks."""

from oodflow.bijections import Conditioned
from oodflow.flows import Flow


def compile_networks(flow: Flow, backend: str = "inductor") -> None:
    """Let ``torch.compile`` make a program of each st-network, in place; names and values of the weights stay.

    Networks of one shape share a program, and PyTorch keeps programs on disk for later runs; the first step of each
    shape takes seconds to minutes. Meant for long runs on a GPU; on the CPUs that we tried it on, the paper's
    networks took as long as before.
    """
    for layer in flow.modules():
        if isinstance(layer, Conditioned):
            layer.net.compile(backend=backend, dynamic=False)
