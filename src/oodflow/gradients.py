"""Gradients of a loss, taken back through a part of a model by hand; and doing without."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

Gradients = dict[nn.Parameter, Tensor]
"""The gradient of a loss for each parameter that has one."""


def gradients_of(
    outputs: Sequence[Tensor], grad_outputs: Sequence[Tensor], inputs: Sequence[Tensor], module: nn.Module
) -> tuple[list[Tensor], Gradients]:
    """Return the gradients for each of ``inputs`` and for the parameters of ``module``.

    Args:
        outputs: computed from both.
        grad_outputs: the gradient for each of them.
        inputs: tensors that require a gradient.
        module: whose parameters.
    """
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    given = [(out, grad) for out, grad in zip(outputs, grad_outputs, strict=True) if out.requires_grad]
    if not given:
        return [torch.zeros_like(x) for x in inputs], {}
    gradients = torch.autograd.grad(
        [out for out, _ in given], [*inputs, *parameters], [grad for _, grad in given], allow_unused=True
    )
    of_inputs = [torch.zeros_like(x) if grad is None else grad for x, grad in zip(inputs, gradients, strict=False)]
    # Copies, now that the graph is freed: the originals lie between what was its activations, and would break that
    # space into pieces too small for the next layer's.
    of_parameters = zip(parameters, gradients[len(inputs) :], strict=True)
    return of_inputs, {parameter: grad.clone() for parameter, grad in of_parameters if grad is not None}


def add_gradients(total: Gradients, more: Gradients) -> None:
    """Add ``more`` to ``total``; parts that share a parameter each have their share in its gradient."""
    for parameter, gradient in more.items():
        total[parameter] = total[parameter] + gradient if parameter in total else gradient


@contextmanager
def inference() -> Iterator[None]:
    """Compute without gradients, and on a GPU with the same algorithm each time."""
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        yield
