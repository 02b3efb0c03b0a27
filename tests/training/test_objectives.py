"""Every objective keeps the contract, which catches what does not; what each of them computes and brings about."""

import math
from typing import Literal

import numpy as np
import pytest
import torch

from oodflow.bijections import reversible
from oodflow.data import ImageSet
from oodflow.errors import UsageError
from oodflow.flows import Flow, GlowConfig, RealNVPConfig, SingleScaleConfig
from oodflow.metrics import bits_per_dim
from oodflow.nets import ConvNetConfig, ResNetConfig
from oodflow.testing import check_objective
from oodflow.testing.modules import randomise
from oodflow.training import (
    OBJECTIVES,
    Loss,
    MaximumLikelihood,
    NegativeTraining,
    Objective,
    Part,
    TrainingConfig,
    TrainState,
    seeded,
    stream,
    train,
)  # fmt: skip
from oodflow.training.streams import DATA

SHAPE = (1, 8, 8)
NEEDED = {"negative": {"data": "another set", "threshold": -500.0}}


def part(seed: int, count: int = 6) -> Part:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randint(0, 256, (count, *SHAPE), dtype=torch.uint8, generator=generator)
    return Part(x, torch.rand(x.shape, generator=generator, dtype=torch.float64))


def small_flow():
    with seeded(0):
        return RealNVPConfig(width=4, net=ConvNetConfig()).build(SHAPE).double()


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_objective_keeps_the_contract(kind):
    check_objective(OBJECTIVES[kind](**NEEDED.get(kind, {})))


def test_the_variants_of_negative_training_keep_it_too():
    check_objective(NegativeTraining(data="another set", threshold=-500.0, halved=True, batch_norm="data"))


def made(value=lambda value: value, terms=lambda terms: terms, **fields):
    """An objective that is fine but for something."""

    class Other(MaximumLikelihood):
        def __call__(self, flow, batch):
            loss = super().__call__(flow, batch)
            return Loss(value(loss.value), terms(loss.terms))

    for name, field in fields.items():
        setattr(Other, name, field)
    return Other()


@pytest.mark.parametrize(
    ("objective", "clause"),
    [
        (made(value=lambda value: value.detach()), "can be differentiated"),
        (made(value=lambda value: value * math.nan), "a finite number is expected"),
        (made(value=lambda value: value.expand(2)), "a scalar, not of shape"),
        (made(value=lambda value: 0 * value + torch.rand(())), "same batch gives the same loss"),
        (made(value=lambda value: value + 0 * torch.rand(())), "no random numbers are drawn"),
        (made(value=lambda value: torch.ones((), requires_grad=True) * 2), "has no gradient"),
        (made(terms=lambda terms: {}), "bpd of the training data is among the terms"),
        (made(terms=lambda terms: terms | {"loss": terms["bpd"]}), "the log has that already"),
        (made(terms=lambda terms: terms | {"two words": terms["bpd"]}), "a name like a variable's"),
        (made(terms=lambda terms: terms | {"each": torch.zeros(3)}), "the term each is a scalar"),
        (made(terms=lambda terms: terms | {"number": 1.0}), "the term number is a tensor"),
        (made(terms=lambda terms: terms | {"worst": terms["bpd"] / 0}), "the term worst is inf"),
        (made(streams={"data": "mnist"}), "is the training data, and none of its streams"),
    ],
)  # fmt: skip
def test_the_contract_catches(objective, clause):
    with pytest.raises(AssertionError, match=clause):
        check_objective(objective)


def test_maximum_likelihood_is_the_mean_negative_log_probability():
    flow, batch = small_flow(), {DATA: part(0)}
    loss = MaximumLikelihood()(flow, batch)
    log_prob = flow.log_prob(*batch[DATA][:1], noise=batch[DATA].noise)
    assert torch.equal(loss.value, -log_prob.mean())
    assert loss.terms["bpd"].item() == pytest.approx(bits_per_dim(log_prob.mean().item(), 64))


@pytest.mark.parametrize("above", [0, 1, 4, 6])
def test_negative_training_is_the_papers_equation(above):
    """Maximise log P of the data, and push it down for those others alone that are above the threshold."""
    flow, batch = small_flow(), {DATA: part(0), "ood": part(1)}
    inside, outside = (flow.log_prob(x, noise=noise) for x, noise in batch.values())
    ordered = outside.sort(descending=True).values
    edges = torch.cat([ordered[:1] + 1, (ordered[:-1] + ordered[1:]) / 2, ordered[-1:] - 1])
    objective = NegativeTraining(data="other", threshold=edges[above].item())
    loss = objective(flow, batch)
    expected = -inside.mean() + (ordered[:above].mean() if above else 0.0)
    assert loss.value.item() == pytest.approx(expected.item())
    gradients = torch.autograd.grad(loss.value, [*flow.parameters()])
    for one, other in zip(gradients, torch.autograd.grad(expected, [*flow.parameters()]), strict=True):
        assert torch.allclose(one, other)
    terms = {name: term.item() for name, term in loss.terms.items()}
    assert terms == {
        "bpd": pytest.approx(bits_per_dim(inside.mean().item(), 64)),
        "ood_bpd": pytest.approx(bits_per_dim(outside.mean().item(), 64)),
        "ood_log_prob": pytest.approx(outside.mean().item()),
        "ood_above": pytest.approx(above / 6),
    }


def test_negative_training_normalises_both_parts_as_one_batch():
    flow = RealNVPConfig(width=4, net=ResNetConfig(blocks=1)).build(SHAPE).double().train()
    batch = {DATA: part(0), "ood": part(1)}
    x, noise = (torch.cat(tensors) for tensors in zip(*batch.values(), strict=True))
    found = NegativeTraining(data="other")(flow, batch).terms["ood_log_prob"]
    together, alone = flow.log_prob(x, noise=noise)[6:], flow.log_prob(x[6:], noise=noise[6:])
    assert torch.allclose(found, together.mean())
    assert not torch.allclose(found, alone.mean())


@pytest.mark.parametrize("above", [0, 1, 6])
def test_negative_training_of_the_authors_code_is_half_of_it_while_any_image_is_above(above):
    flow, batch = small_flow(), {DATA: part(0), "ood": part(1)}
    inside, outside = (flow.log_prob(x, noise=noise) for x, noise in batch.values())
    threshold = {0: outside.max() + 1, 1: outside.sort().values[-2:].mean(), 6: outside.min() - 1}[above].item()
    loss = NegativeTraining(data="other", threshold=threshold, halved=True)(flow, batch)
    expected = 0.5 * (-inside.mean() + outside[outside > threshold].mean()) if above else -inside.mean()
    assert loss.value.item() == pytest.approx(expected.item(), rel=1e-12)
    gradients = torch.autograd.grad(loss.value, [*flow.parameters()])
    for one, other in zip(gradients, torch.autograd.grad(expected, [*flow.parameters()]), strict=True):
        assert torch.allclose(one, other)


def normed_flow() -> Flow:
    """A flow whose st-networks have batch norms, and weights that say something."""
    with seeded(0):
        flow = RealNVPConfig(width=4, net=ResNetConfig(blocks=1)).build(SHAPE).double().train()
    return randomise(flow, 0)


def likelihoods(flow: Flow, batch: dict[str, Part], **settings) -> tuple[torch.Tensor, float, float]:
    """The loss of negative training, and the mean log-probabilities that it is made of."""
    loss = NegativeTraining(data="other", threshold=-1e9, **settings)(flow, batch)
    inside = -loss.terms["bpd"].item() * 64 * math.log(2)
    return loss.value, inside, loss.terms["ood_log_prob"].item()


def test_batch_norms_that_see_the_data_alone_learn_nothing_of_the_other_set():
    flow, alone, batch = normed_flow(), normed_flow(), {DATA: part(0), "ood": part(1, 9)}
    _, inside, _ = likelihoods(flow, batch, batch_norm="data")
    assert inside == pytest.approx(alone.log_prob(batch[DATA].x, noise=batch[DATA].noise).mean().item(), rel=1e-10)
    buffers = dict(alone.named_buffers())
    for name, buffer in flow.named_buffers():
        torch.testing.assert_close(buffer, buffers[name], rtol=1e-10, atol=1e-10)
    mixed = normed_flow()
    likelihoods(mixed, batch, batch_norm="both")
    assert any(not torch.allclose(buffer, buffers[name]) for name, buffer in mixed.named_buffers())


def test_the_other_set_is_then_normalised_as_in_evaluation_by_the_statistics_of_this_batch():
    flow, evaluated, batch = normed_flow(), normed_flow(), {DATA: part(0), "ood": part(1, 9)}
    _, _, outside = likelihoods(flow, batch, batch_norm="data")
    norms = [norm for norm in evaluated.modules() if isinstance(norm, torch.nn.BatchNorm2d)]
    sizes = {}
    for norm in norms:
        norm.momentum = 1.0  # the running statistics are those of the last batch
        norm.register_forward_hook(lambda norm, inputs, _: sizes.update({norm: inputs[0].numel() / norm.num_features}))
    evaluated.log_prob(batch[DATA].x, noise=batch[DATA].noise)
    for norm in norms:
        norm.running_var *= (sizes[norm] - 1) / sizes[norm]  # running variances are unbiased, those of a batch are not
    found = evaluated.eval().log_prob(batch["ood"].x, noise=batch["ood"].noise).mean().item()
    assert outside == pytest.approx(found, rel=1e-9)


@pytest.mark.parametrize("batch_norm", ["both", "data"])
def test_gradients_of_negative_training_are_the_slopes_of_its_loss_whatever_batch_norms_see(batch_norm):
    flow, batch = normed_flow(), {DATA: part(0), "ood": part(1, 9)}
    parameters = [*flow.parameters()]
    generator = torch.Generator().manual_seed(0)
    direction = [torch.randn(p.shape, generator=generator, dtype=p.dtype) for p in parameters]

    def loss_at(step: float) -> torch.Tensor:
        with torch.no_grad():
            for parameter, way in zip(parameters, direction, strict=True):
                parameter += step * way
        value = likelihoods(flow, batch, batch_norm=batch_norm)[0]
        with torch.no_grad():
            for parameter, way in zip(parameters, direction, strict=True):
                parameter -= step * way
        return value

    for memory in (False, True):
        with reversible(memory):
            value = likelihoods(flow, batch, batch_norm=batch_norm)[0]
        gradients = torch.autograd.grad(value, parameters)
        slope = sum((way * gradient).sum().item() for way, gradient in zip(direction, gradients, strict=True))
        assert slope == pytest.approx((loss_at(1e-8) - loss_at(-1e-8)).item() / 2e-8, rel=1e-4)


def test_negative_training_asks_for_its_set():
    with pytest.raises(UsageError, match=r"objective\.data is missing: name the data set .* objective\.data=celeba"):
        _ = NegativeTraining().streams
    assert NegativeTraining(data="celeba").streams == {"ood": "celeba"}


def striped() -> ImageSet:
    rows = np.random.default_rng(0).integers(0, 256, (64, 1, 8, 1), dtype=np.uint8)
    return ImageSet.from_array(np.repeat(rows, 8, axis=3))


def blank() -> ImageSet:
    """Images that any flow over stripes finds likely."""
    values = np.random.default_rng(1).integers(0, 256, (32, 1, 1, 1), dtype=np.uint8)
    return ImageSet.from_array(np.repeat(np.repeat(values, 8, axis=2), 8, axis=3))


def trained(objective: Objective, config: TrainingConfig, flow=None, **other: ImageSet) -> TrainState:
    with seeded(config.seed):
        built = (flow or GlowConfig(scales=1, steps=4, width=16, net=ConvNetConfig())).build(SHAPE)
    state = TrainState.start(built, config)
    streams = {name: stream(images, name, config.batch_size, config.seed) for name, images in other.items()}
    train(state, stream(striped(), DATA, config.batch_size, config.seed), config, objective=objective, streams=streams)
    return state


def mean_log_prob(state: TrainState, images: ImageSet) -> float:
    x = torch.from_numpy(images.batch(slice(None)))
    with state.evaluating() as flow, torch.no_grad():
        return flow.log_prob(x, noise=torch.full(x.shape, 0.5)).mean().item()


def test_negative_training_pushes_the_other_set_below_the_threshold_and_learns_its_own():
    config = TrainingConfig(steps=300, batch_size=16, lr=3e-3, max_grad_norm=1000.0)
    untrained = trained(MaximumLikelihood(), config.model_copy(update={"steps": 1}))
    likely = trained(MaximumLikelihood(), config)
    negative = trained(NegativeTraining(data="blank", threshold=-600.0), config, ood=blank())
    assert mean_log_prob(likely, blank()) > mean_log_prob(untrained, blank()) + 50  # likelihood alone likes them too
    assert mean_log_prob(negative, blank()) < -600
    assert mean_log_prob(negative, striped()) > mean_log_prob(untrained, striped()) + 50


class EachByItself(Objective):
    """Two passes in a step."""

    kind: Literal["each"] = "each"

    @property
    def streams(self):
        return {"ood": "another set"}

    def __call__(self, flow, batch):
        one, other = (flow.log_prob(x, noise=noise).mean() for x, noise in batch.values())
        return Loss(0.1 * other - one, {"bpd": -one / (flow.dims * math.log(2))})


@pytest.mark.parametrize("flow", [GlowConfig(steps=2, width=4), RealNVPConfig(width=4, net=ResNetConfig(blocks=1))])
def test_several_passes_go_with_every_memory_and_precision(flow):
    config = TrainingConfig(steps=3, batch_size=8, lr=1e-3, ema_decay=0.9, max_grad_norm=100.0)
    states = {
        name: trained(EachByItself(), config.model_copy(update=settings), flow, ood=blank())
        for name, settings in {
            "as it is": {}, "reversible": {"memory": "reversible"}, "half": {"precision": "bfloat16"},
        }.items()
    }  # fmt: skip
    expected = mean_log_prob(states["as it is"], striped())
    for state in states.values():
        assert (state.step, state.skipped) == (3, 0)
        assert mean_log_prob(state, striped()) == pytest.approx(expected, rel=2e-2)
        counts = [b for name, b in state.flow.named_buffers() if name.endswith("num_batches_tracked")]
        assert all(count == 6 for count in counts)  # each batch norm has seen two batches a step, and counts no more


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_several_passes_go_with_compiled_networks(monkeypatch):
    monkeypatch.setattr("torch.nn.Module.compile", compiling_without_a_compiler)
    torch.compiler.reset()
    config = TrainingConfig(steps=2, batch_size=8, lr=1e-3)
    flow = RealNVPConfig(scales=1, width=4, net=ConvNetConfig())
    compiled = trained(EachByItself(), config.model_copy(update={"compile": True}), flow, ood=blank())
    plain = trained(EachByItself(), config, flow, ood=blank())
    assert mean_log_prob(compiled, striped()) == pytest.approx(mean_log_prob(plain, striped()), rel=1e-4)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.parametrize("settings", [{"compile": True}, {"memory": "reversible"}, {"precision": "bfloat16"}])
def test_batch_norms_of_the_data_alone_go_with_every_way_of_training(monkeypatch, settings):
    monkeypatch.setattr("torch.nn.Module.compile", compiling_without_a_compiler)
    torch.compiler.reset()
    objective = NegativeTraining(data="blank", threshold=-1e5, batch_norm="data")
    config = TrainingConfig(steps=3, batch_size=8, lr=1e-3, max_grad_norm=100.0)
    flow = SingleScaleConfig(couplings=2, width=4, net=ResNetConfig(blocks=1))
    expected = mean_log_prob(trained(objective, config, flow, ood=blank()), striped())
    found = mean_log_prob(trained(objective, config.model_copy(update=settings), flow, ood=blank()), striped())
    assert found == pytest.approx(expected, rel=2e-2 if "precision" in settings else 1e-4)


def compiling_without_a_compiler(module, **options):
    module._compiled_call_impl = torch.compile(module._call_impl, **options | {"backend": "aot_eager"})
