"""Compiled layers."""

import torch

from oodflow.bijections import Conditioned
from oodflow.flows import Flow


def compile_layers(flow: Flow, backend: str = "inductor") -> None:
    """Let ``torch.compile`` make a program of each layer with a network, in place; the weights keep their names.

    A layer's network and transformer become one program, which layers alike share and PyTorch keeps on disk for later
    runs; the first step takes from seconds to minutes. The backward pass of ``memory=reversible`` is not compiled.

    On one core a transformer flow with mixtures takes 48 ms a step in place of 58, the affine flows of the ``cpu``
    scale 0.93 to 1.07 times as long as before, and the autoregressive flow of colour images 1.2 to 1.3 times (M).
    """
    layers = [layer for layer in flow.modules() if isinstance(layer, Conditioned)]
    # PyTorch gives up on code that it would compile a ninth time: here all layers, in training and in evaluation.
    torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, 8 * len(layers))
    for layer in layers:
        layer.compile(backend=backend, dynamic=False)
