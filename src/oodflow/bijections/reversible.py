"""Training that stores no activations, for a flow can compute them again from its output."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.modules.batchnorm import _BatchNorm

from oodflow.bijections.bijection import Bijection

_reversible = ContextVar("reversible", default=False)


@contextmanager
def reversible(enabled: bool = True) -> Iterator[None]:
    """Let each chain that is called in the block keep nothing but its output for the backward pass.

    The backward pass goes through :meth:`Bijection.pull_back`: it inverts layer by layer, evaluates each once more and
    forgets it again. Memory for activations is then that of one layer, whatever their number; time is about a third
    more, for a coupling's backward pass costs two of its forward passes.

    Gradients are the same up to rounding: an input that has been found again carries the errors of all inverses above
    it. In float32, over RealNVP and Glow on FashionMNIST, they moved by at most a few times what float32 rounds off a
    stored gradient itself. A flow that is hard to invert loses more.

    Until the backward pass all must stay as it was: parameters (a change in place is an error) and train or eval mode.
    What else batch norms are told, such as whose statistics they have, is remembered. An st-network must give the same
    each time; batch norms do, and count each batch once, dropout does not. Gradients by ``torch.func``, and second
    ones, need stored activations: take them outside of the block.

    Args:
        enabled: whether to; ``reversible(False)`` is the block as it would be without.

    Reference:
        Gomez, Ren, Urtasun, Grosse (2017), "The reversible residual network: backpropagation without storing
        activations", algorithm 1, arXiv:1707.04585; Kingma, Dhariwal (2018), "Glow", section 1, arXiv:1807.03039.

    Example:
        >>> from oodflow.bijections import Chain, Logit, Squeeze
        >>> with reversible():
        ...     z, log_det = Chain([Logit(), Squeeze()])(torch.rand(2, 1, 4, 4, requires_grad=True))
        >>> type(z.grad_fn).__name__
        '_StoringNothingBackward'
    """
    token = _reversible.set(enabled)
    try:
        yield
    finally:
        _reversible.reset(token)


def is_reversible() -> bool:
    """Tell whether something is to be differentiated, and without stored activations."""
    # What torch.compile traces keeps or computes anew what it sees fit, and could not trace how we do.
    return not torch.compiler.is_compiling() and _reversible.get() and torch.is_grad_enabled()


def forward_storing_nothing(bijection: Bijection, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return ``bijection.forward(x)``, whose gradient will be :meth:`Bijection.pull_back`."""
    result: tuple[Tensor, Tensor] = _StoringNothing.apply(bijection, x, *bijection.parameters())  # type: ignore[no-untyped-call]
    return result


class _StoringNothing(torch.autograd.Function):
    """The parameters are arguments, so that ``backward`` returns their gradients and autograd does the rest."""

    @staticmethod
    def forward(ctx: Any, bijection: Bijection, x: Tensor, *parameters: Tensor) -> tuple[Tensor, Tensor]:
        ctx.bijection, ctx.autocast = bijection, _autocast_as_it_is(x.device.type)
        ctx.norms = [(part, vars(part).copy()) for part in bijection.modules() if isinstance(part, _BatchNorm)]
        with ctx.autocast():
            z, log_det = bijection.forward(x)
        ctx.save_for_backward(z, *parameters)  # these take no memory, and autograd watches over them
        return z, log_det

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_z: Tensor, grad_log_det: Tensor) -> tuple[Tensor | None, ...]:
        bijection, (z, *_) = ctx.bijection, ctx.saved_tensors
        with reversible(False), ctx.autocast(), _as_they_were(ctx.norms):
            _, grad_x, gradients = bijection.pull_back(z, grad_z, grad_log_det)
        return None, grad_x, *(gradients.get(parameter) for parameter in bijection.parameters())


def _autocast_as_it_is(device: str) -> Callable[[], AbstractContextManager[Any]]:
    """Return what sets the present autocast again, though without its cache of weights.

    In older versions of PyTorch a pass that needs gradients finds there what one without has left (issue 112583).
    """
    if not torch.amp.is_autocast_available(device):
        return nullcontext
    dtype, enabled = torch.get_autocast_dtype(device), torch.is_autocast_enabled(device)
    return partial(torch.autocast, device, dtype=dtype, enabled=enabled, cache_enabled=False)


@contextmanager
def _as_they_were(norms: Sequence[tuple[_BatchNorm, dict[str, Any]]]) -> Iterator[None]:
    """Let batch norms normalise as with other attributes, those of a pass before, but leave their statistics alone."""
    now = [vars(norm).copy() for norm, _ in norms]
    try:
        for norm, before in norms:
            vars(norm).update(before)
            norm.track_running_stats = False  # in eval mode it makes no difference
        yield
    finally:
        for (norm, _), attributes in zip(norms, now, strict=True):
            vars(norm).clear()
            vars(norm).update(attributes)
