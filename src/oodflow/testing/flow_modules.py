"""The part of a flow's contract that PyTorch expects of any module."""

import copy

import torch
from torch import Tensor
from torch.func import functional_call, vmap

from oodflow.flows import Flow
from oodflow.testing.modules import check_copies, refuses


def check_module(flow: Flow, x: Tensor, noise: Tensor | None) -> None:
    """Test that a flow is a module as PyTorch knows them.

    Called, it is its ``log_prob``, and hooks fire; copied, pickled and saved whole it is the same; ``functional_call``
    takes other weights; ``vmap`` finds what a loop does, with noise and with a number for a seed; a batch of none gives
    none, in the right shape; noise outside of [0, 1), half precision and autocast are refused, and another default
    dtype makes no difference.

    Args:
        flow: in eval mode.
        x: a batch of data.
        noise: its noise, if it takes any.

    Raises:
        AssertionError: with the clause that does not hold.
    """
    expected = flow.log_prob(x, noise=noise)
    check_copies(flow, lambda flow: flow(x, noise=noise))
    _check_calls(flow, x, noise, expected)
    _check_vmap(flow, x, noise, expected)
    _check_none(flow, x[:0], None if noise is None else noise[:0])
    _check_precision(flow, x, noise)
    if noise is not None:
        for wrong in (noise - 1, noise + 1, torch.full_like(noise, torch.nan), torch.ones_like(noise)):
            taken = f"noise from {wrong.min()} to {wrong.max()} was taken"
            assert refuses(lambda wrong=wrong: flow.log_prob(x, noise=wrong)), taken  # type: ignore[misc]


def _check_calls(flow: Flow, x: Tensor, noise: Tensor | None, expected: Tensor) -> None:
    seen: list[Tensor] = []
    hook = flow.register_forward_hook(lambda module, arguments, output: seen.append(output))
    assert torch.equal(flow(x, noise=noise), expected), "called, it gives another log_prob"
    hook.remove()
    assert len(seen) == 1, "a hook on the flow did not fire once"
    others = {name: 0.9 * parameter.detach() for name, parameter in flow.named_parameters()}
    twin = copy.deepcopy(flow)
    twin.load_state_dict(others, strict=False)
    called = functional_call(flow, others, (x,), {"noise": noise})
    assert torch.allclose(called, twin(x, noise=noise)), "functional_call does not compute with the weights it is given"


def _check_vmap(flow: Flow, x: Tensor, noise: Tensor | None, expected: Tensor) -> None:
    with torch.no_grad():
        if noise is not None:
            found = vmap(lambda one, own: flow(one[None], noise=own[None])[0])(x, noise)
            assert torch.allclose(found, expected), "under vmap the log_prob is another"
        found = vmap(lambda one: flow(one[None], seed=3)[0])(x)
        assert torch.allclose(found, flow(x, seed=3)), "under vmap the log_prob of a seed is another"


def _check_none(flow: Flow, x: Tensor, noise: Tensor | None) -> None:
    z, log_det = flow.encode(x, noise=noise)
    terms = flow.terms(x, noise=noise)
    shapes = {
        "log_prob": (flow(x, noise=noise), (0,)),
        "log_prob of a seed": (flow(x, seed=1), (0,)),
        "terms.z": (terms.z, (0, flow.dims)),
        "terms.log_prob": (terms.log_prob, (0,)),
        "z": (z, (0, flow.dims)),
        "log_det": (log_det, (0,)),
        "decode": (flow.decode(z), (0, *flow.shape)),
        "sample": (flow.sample(0), (0, *flow.shape)),
    }
    for name, (found, shape) in shapes.items():
        assert tuple(found.shape) == shape, f"{name} of a batch of none has shape {tuple(found.shape)}"
    assert refuses(lambda: flow.initialise(x)), "it was initialised with a batch of none"


def _check_precision(flow: Flow, x: Tensor, noise: Tensor | None) -> None:
    for dtype in (torch.float16, torch.bfloat16):
        twin = copy.deepcopy(flow).to(dtype)
        for call in (lambda: twin(x, noise=noise), lambda: twin.encode(x, noise=noise), lambda: twin.sample(1)):  # noqa: B023
            assert refuses(call), f"it computes in {dtype}"
        z = torch.zeros(1, flow.dims, dtype=dtype)
        assert refuses(lambda z=z: flow.decode(z)), f"z in {dtype} is taken"  # type: ignore[misc]
    with torch.autocast("cpu", torch.bfloat16):
        assert refuses(lambda: flow(x, noise=noise)), "it computes under autocast"
    expected = flow.log_prob(x, seed=torch.Generator().manual_seed(1)), flow.sample(2, seed=1)
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float64)
        found = flow.log_prob(x, seed=torch.Generator().manual_seed(1)), flow.sample(2, seed=1)
    finally:
        torch.set_default_dtype(before)
    assert all(map(torch.equal, found, expected)), "another default dtype gives other numbers"
