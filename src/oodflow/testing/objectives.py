"""The contract of an objective, as a test that anyone can run on one of their own."""

import torch
from torch import Tensor

from oodflow.bijections import reversible
from oodflow.flows import Flow, RealNVPConfig
from oodflow.nets import ConvNetConfig
from oodflow.testing.modules import check_gradients, leaving_no_trace, randomise
from oodflow.training import Batch, Loss, Objective, Part
from oodflow.training.streams import DATA

SHAPE = (1, 8, 8)
LOGGED = ("step", "loss", "lr", "grad_norm", "skipped", "seconds")
"""Names that a line of the log has beside the terms."""


def check_objective(objective: Objective) -> None:
    """Test that an objective keeps its contract.

    Its settings survive the way to JSON and back. Over a small flow, and a batch with the part ``data`` and those that
    it names, its loss is a finite scalar with a gradient for every parameter, the same with and without stored
    activations; ``bpd`` and its other terms are finite scalars, named so that they can stand in a log; it is a function
    of flow and batch alone, and changes neither.

    Args:
        objective: with all its settings made.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.training import NegativeTraining
        >>> check_objective(NegativeTraining(data="noise", threshold=-400.0))
    """
    assert type(objective).model_validate_json(objective.model_dump_json()) == objective, "settings change in JSON"
    assert DATA not in objective.streams, f"the part {DATA!r} is the training data, and none of its streams"
    flow, batch = _flow(), _batch(objective)
    loss = objective(flow, batch)
    _check_value(loss.value)
    _check_terms(loss)
    check_gradients(flow, loss.value)
    _check_without_stored_activations(objective, flow, batch)
    _check_repeatable(objective, flow, batch)


def _check_value(value: Tensor) -> None:
    assert value.shape == (), f"the loss is a scalar, not of shape {list(value.shape)}"
    assert value.isfinite(), f"the loss is {value.item()}: a finite number is expected"
    assert value.requires_grad, "the loss can be differentiated"


def _check_terms(loss: Loss) -> None:
    assert "bpd" in loss.terms, f"bpd of the training data is among the terms, not only {', '.join(loss.terms)}"
    for name, term in loss.terms.items():
        assert name.isidentifier(), f"a term has a name like a variable's, not {name!r}"
        assert name not in LOGGED, f"a term is not called {name!r}, for the log has that already"
        assert isinstance(term, Tensor), f"the term {name} is a tensor on the flow's device, not {type(term).__name__}"
        assert term.shape == (), f"the term {name} is a scalar, not of shape {list(term.shape)}"
        assert term.isfinite(), f"the term {name} is {term.item()}: a finite number is expected"


def _check_without_stored_activations(objective: Objective, flow: Flow, batch: Batch) -> None:
    stored = torch.autograd.grad(objective(flow, batch).value, [*flow.parameters()])
    with reversible():
        value = objective(flow, batch).value
    for one, other in zip(stored, torch.autograd.grad(value, [*flow.parameters()]), strict=True):
        assert torch.allclose(one, other, rtol=1e-6, atol=1e-6), "gradients are the same without stored activations"


def _check_repeatable(objective: Objective, flow: Flow, batch: Batch) -> None:
    parts = {name: Part(part.x.clone(), part.noise.clone()) for name, part in batch.items()}
    generator = torch.random.get_rng_state()
    with leaving_no_trace(flow):
        first, again = objective(flow, batch), objective(flow, batch)
    assert torch.equal(first.value, again.value), "the same batch gives the same loss"
    assert first.terms.keys() == again.terms.keys(), "the terms have the same names each time"
    assert torch.equal(torch.random.get_rng_state(), generator), "no random numbers are drawn"
    same = all(torch.equal(a, b) for name in batch for a, b in zip(batch[name], parts[name], strict=True))
    assert same, "the batch is left alone"


def _flow() -> Flow:
    """Build a flow in float64, without batch norms, whose statistics any pass in train mode would change."""
    flow = RealNVPConfig(width=4, net=ConvNetConfig()).build(SHAPE).double().train()
    randomise(flow, 0)
    return flow


def _batch(objective: Objective) -> Batch:
    generator = torch.Generator().manual_seed(0)

    def part() -> Part:
        x = torch.randint(0, 256, (4, *SHAPE), dtype=torch.uint8, generator=generator)
        return Part(x, torch.rand(x.shape, generator=generator))

    return {name: part() for name in (DATA, *objective.streams)}
