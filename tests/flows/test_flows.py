"""Every registered flow keeps the contract; the paper's configurations are the original's functions."""

import math

import numpy as np
import pytest
import torch

from oodflow.bijections import MASKS, Chain, Coupling, Logit, MultiScale
from oodflow.data import ImageSet, TrainingBatches
from oodflow.errors import OodflowError, UsageError
from oodflow.flows import (
    FLOWS,
    Flow,
    GlowConfig,
    Images,
    RealNVPConfig,
    SingleScaleConfig,
    TabularConfig,
    dequantise,
    image_generators,
    image_noise,
    load_flow,
    quantise,
    save_flow,
)
from oodflow.nets import NETS, BottleneckConfig, ConvNetConfig, ResNetConfig
from oodflow.recipes import RECIPES
from oodflow.testing.flows import check_flow
from oodflow.testing.modules import randomise
from oodflow.training import TrainState, seeded, train
from oodflow.transformers import TRANSFORMERS

IMAGE_FLOWS = [name for name in FLOWS if FLOWS[name].rank == 3]
COUPLING_FLOWS = [name for name in FLOWS if "mask" in FLOWS[name].model_fields]


def small(name, **settings):
    """A flow of few and narrow layers."""
    sizes = {"width": 2, "steps": 2, "couplings": 4, "blocks": 2, "heads": 1, "layers": 1, "squeezes": 1} | settings
    return FLOWS[name](**{field: size for field, size in sizes.items() if field in FLOWS[name].model_fields})


def small_net(name):
    sizes = {"blocks": 2, "latent_dims": 3}
    return NETS[name](**{field: size for field, size in sizes.items() if field in NETS[name].model_fields})


@pytest.mark.parametrize("name", FLOWS)
def test_flow_keeps_the_contract(name):
    torch.manual_seed(0)
    check_flow(small(name, net=ConvNetConfig()) if name in COUPLING_FLOWS else small(name))


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_refuses_data_of_another_rank(name):
    wrong = (5,) if name in IMAGE_FLOWS else (1, 28, 28)
    with pytest.raises(UsageError, match=rf"kind {name} takes .* but the data has shape"):
        small(name).build(wrong)


@pytest.mark.parametrize("name", COUPLING_FLOWS)
def test_a_title_tells_a_flow_from_others(name):
    others = [{"mask": "cycle"}, {"transformer": "spline"}, {"prior": "diagonal-normal"}]
    others += [{"net": small_net(net)} for net in NETS]  # one of them is its own
    others += [{"net": ConvNetConfig(actnorm=True)}, {"net": ResNetConfig(skip=False)}]
    others += [{"net": ResNetConfig(batch_norm=False)}, {"net": "convnet", "transformer": "spline"}]
    titles = {small(name).title} | {small(name, **other).title for other in others}
    assert len(titles) == len(others)
    assert all(titles)


@pytest.mark.parametrize("name", FLOWS)
def test_a_title_tells_of_another_transformer_and_prior(name):
    others = [{"transformer": "spline"}, {"prior": "diagonal-normal"}]
    assert len({small(name).title} | {small(name, **other).title for other in others}) == 3


@pytest.mark.parametrize("name", FLOWS)
def test_a_size_is_not_in_a_title(name):
    assert small(name, width=3).title == small(name, width=4).title


def test_titles_say_what_was_trained():
    titles = {scale: RECIPES["fashion-mnist-realnvp"](scale).flow.title for scale in ("cpu", "paper")}
    assert titles == {"cpu": "RealNVP with convnets and actnorm", "paper": "RealNVP"}
    titles = {scale: RECIPES["celeba-glow"](scale).flow.title for scale in ("cpu", "paper")}
    assert titles == {"cpu": "Glow with convnets and actnorm", "paper": "Glow"}
    assert RealNVPConfig(mask="cycle", net=BottleneckConfig(latent_dims=10), transformer="spline").title == (
        "RealNVP with cycle masks, a bottleneck of 10, spline couplings"
    )
    assert TabularConfig(transformer="spline").title == "Tabular RealNVP with spline couplings"


@pytest.mark.parametrize("transformer", TRANSFORMERS)
@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("name", COUPLING_FLOWS)
def test_flow_keeps_the_contract_with_every_net_and_transformer(name, net, transformer):
    torch.manual_seed(0)
    parts = {"net": small_net(net), "transformer": transformer}
    check_flow(small(name, **parts, steps=1, couplings=2), shapes=((1, 4, 8),))


@pytest.mark.parametrize("transformer", TRANSFORMERS)
def test_flow_over_vectors_keeps_the_contract_with_every_transformer(transformer):
    torch.manual_seed(0)
    check_flow(TabularConfig(couplings=3, width=3, transformer=transformer))


@pytest.mark.parametrize("transformer", TRANSFORMERS)
@pytest.mark.parametrize("name", [name for name in IMAGE_FLOWS if name not in COUPLING_FLOWS])
def test_flow_without_couplings_keeps_the_contract_with_every_transformer(name, transformer):
    torch.manual_seed(0)
    check_flow(small(name, transformer=transformer), shapes=((2, 4, 4),))


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("name", COUPLING_FLOWS)
def test_every_mask_with_a_spline(name, mask):
    torch.manual_seed(0)
    flow = randomise(small(name, net=ConvNetConfig(), mask=mask, transformer="spline").build((2, 16, 12)), 0).eval()
    images = torch.randint(0, 256, (3, 2, 16, 12), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(flow.decode(flow.encode(images)[0]), images)


@pytest.mark.parametrize("net", NETS)
def test_any_transformer_begins_as_the_affine_one_does_where_the_net_and_its_start_are_zero(net):
    zero = {"zero_init": True} if "zero_init" in NETS[net].model_fields else {}
    config = RealNVPConfig(width=2, net=small_net(net).model_copy(update=zero))
    images = torch.randint(0, 256, (3, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    transformers = [kind(**{"spread": 0} if "spread" in kind.model_fields else {}) for kind in TRANSFORMERS.values()]
    flows = (config.model_copy(update={"transformer": one}).build((1, 8, 8)) for one in transformers)
    first, *others = (flow.eval().encode(images) for flow in flows)
    for other in others:
        assert all(torch.equal(one, another) for one, another in zip(first, other, strict=True))


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("name", COUPLING_FLOWS)
def test_flow_keeps_the_contract_with_every_mask(name, mask):
    torch.manual_seed(0)
    check_flow(small(name, net=ConvNetConfig(), mask=mask, steps=1), shapes=((2, 16, 12),))


@pytest.mark.parametrize(
    "config",
    [
        SingleScaleConfig(couplings=4, mask="cycle", patches=2, width=2, net=ConvNetConfig()),
        RealNVPConfig(mask="cycle", squeezed_mask="horizontal", width=2, net=ConvNetConfig()),
        GlowConfig(split=False, steps=1, width=2, net=ConvNetConfig()),
        GlowConfig(steps=1, width=2, net=ConvNetConfig(actnorm=True)),
    ],
    ids=str,
)
def test_flow_keeps_the_contract_with_other_settings(config):
    torch.manual_seed(0)
    check_flow(config, shapes=((2, 8, 8),))


@pytest.mark.parametrize("name", COUPLING_FLOWS)
def test_an_unknown_mask_is_refused(name):
    with pytest.raises(ValueError, match="unknown mask 'checkers': did you mean 'checkerboard'"):
        small(name, mask="checkers")


@pytest.mark.parametrize(
    ("recipe", "shape", "parameters", "couplings"),
    [
        ("fashion-mnist-realnvp", (1, 28, 28), 14_707_336, 10),
        ("celeba-realnvp", (3, 32, 32), 87_859_080, 16),
        ("fashion-mnist-glow", (1, 28, 28), 69_378_048, 32),
        ("celeba-glow", (3, 32, 32), 208_932_480, 24),
    ],
)
def test_paper_configurations_have_the_parameters_of_the_original(recipe, shape, parameters, couplings):
    flow = RECIPES[recipe]("paper").flow.build(shape)
    layers = [module for module in flow.modules() if isinstance(module, Coupling)]
    # The original's weight-normed rescale has, beside each gain, a direction of one number whose gradient is zero.
    dead = sum(layer.transformer.rescale.numel() for layer in layers)
    assert sum(p.numel() for p in flow.parameters()) + dead == parameters
    assert len(layers) == couplings


@pytest.mark.parametrize(
    ("recipe", "shape", "parameters"),
    [
        ("masks-fashion-mnist-checkerboard", (1, 28, 28), 5_063_744),
        ("masks-fashion-mnist-cycle", (1, 28, 28), 5_063_744),
        ("masks-celeba-horizontal", (3, 32, 32), 5_084_352),
        ("bottleneck-fashion-mnist-100", (1, 28, 28), 79_359_216),
        ("bottleneck-fashion-mnist-none", (1, 28, 28), 13_803_272),
    ],
)
def test_flows_of_appendix_l_have_the_parameters_of_the_original(recipe, shape, parameters):
    flow = RECIPES[recipe]("paper").flow.build(shape)
    dead = sum(layer.transformer.rescale.numel() for layer in flow.modules() if isinstance(layer, Coupling))
    assert sum(p.numel() for p in flow.parameters()) + dead == parameters


def test_the_papers_flows_for_64x64_images_can_be_built():
    """CelebA with four scales and 4 blocks, ImageNet with five and 2: the last scale is 8x8 and 4x4."""
    for scales, blocks, last in ((4, 4, (24, 8, 8)), (5, 2, (48, 4, 4))):
        flow = RealNVPConfig(scales=scales, width=4, net=ResNetConfig(blocks=blocks)).build((3, 64, 64)).eval()
        multiscale = next(module for module in flow.modules() if isinstance(module, MultiScale))
        assert multiscale.stage_shapes[-1] == last
        images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
        z, _ = flow.encode(images, seed=1)
        assert torch.equal(flow.decode(z), images)


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        (RealNVPConfig(scales=2, width=2), (1, 28, 28)),
        (RealNVPConfig(scales=3, width=2), (3, 32, 32)),
        (GlowConfig(scales=3, steps=1, width=2), (3, 32, 32)),
    ],
)
def test_latents_leave_in_the_order_and_sizes_of_the_original(config, shape):
    flow = config.build(shape)
    multiscale = next(module for module in flow.modules() if isinstance(module, MultiScale))
    sizes = [part.flatten(1).shape[1] for part in multiscale.unflatten(torch.zeros(1, flow.dims))]
    assert sizes == {784: [392, 392], 3072: [1536, 768, 768]}[flow.dims]


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("name", COUPLING_FLOWS)
def test_every_pixel_is_changed_where_a_mask_takes_turns(name, mask):
    """A channel-wise Glow needs no turns: its 1x1 convolutions mix the channels."""
    flow = small(name, mask=mask, scales=1, steps=4, couplings=4, net=ConvNetConfig()).build((2, 8, 8))
    couplings = [layer for layer in flow.modules() if isinstance(layer, Coupling)]
    changed = torch.stack([layer.mask.transform for layer in couplings]).any(0)
    assert changed.all() or (name, mask) == ("glow", "channelwise")


def test_realnvp_masks_follow_the_original():
    flow = RealNVPConfig(scales=2, width=2, net=ConvNetConfig()).build((1, 28, 28))
    couplings = [module for module in flow.modules() if isinstance(module, Coupling)]
    first = [bool(coupling.mask.transform[0, 0, 0]) for coupling in couplings]
    # three checkerboards (F, T, F), three channel-wise (F, T, F), four checkerboards (F, T, F, T)
    assert first == [True, False, True, True, False, True, True, False, True, False]
    assert [coupling.mask.hides_pixels for coupling in couplings] == [True] * 3 + [False] * 3 + [True] * 4


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("name", COUPLING_FLOWS)
def test_zero_initialised_flow_does_nothing_after_the_logit(name, net):
    """Squeezes and 1x1 convolutions only turn, so log-determinant and length are the logit's."""
    zero = {"zero_init": True} if "zero_init" in NETS[net].model_fields else {}
    flow = small(name, net=small_net(net).model_copy(update=zero)).build((1, 8, 8)).double().eval()
    images = torch.randint(0, 256, (2, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    noise = torch.rand(images.shape, generator=torch.Generator().manual_seed(1))
    z, log_det = flow.encode(images, noise=noise)
    expected, expected_log_det = Logit()(dequantise(images, noise.double()))
    assert torch.allclose(log_det, expected_log_det, rtol=0, atol=1e-4)
    assert torch.allclose(z.norm(dim=1), expected.flatten(1).norm(dim=1), rtol=1e-5)


def test_log_prob_of_uniform_images_is_eight_bits():
    """The constant stands once: a flow that is the uniform distribution gives log 256 per pixel."""

    class Uniform(torch.nn.Module):
        def log_prob(self, z):
            return z.new_zeros(len(z))

    flow = Flow(Images((1, 2, 2)), MultiScale((1, 2, 2), [Chain([])]))
    flow.prior = Uniform()
    images = torch.randint(0, 256, (3, 1, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    log_prob = flow.log_prob(images)
    assert torch.allclose(log_prob, torch.full((3,), -4 * math.log(256)))


def test_a_flow_must_end_in_flat_latents():
    with pytest.raises(UsageError, match="MultiScale"):
        Flow(Images((1, 4, 4)), Chain([Logit()]))
    with pytest.raises(UsageError, match=r"such as Chain"):
        Flow(Images((1, 4, 4)), [Logit()])


def test_equal_flows_are_equal_files(tmp_path):
    config = RealNVPConfig(width=2, net=ConvNetConfig())
    for name in ("one", "other"):
        with seeded(0):
            save_flow(tmp_path / name, config.build((1, 4, 4)))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_flow_names_the_stage_that_does_not_fit_the_image():
    with pytest.raises(UsageError, match="even H and W"):
        RealNVPConfig(scales=4, width=2).build((1, 28, 28))


@pytest.mark.parametrize("noise", [0.0, 0.5, 0.999])
def test_quantise_undoes_dequantise(noise):
    images = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    assert torch.equal(quantise(dequantise(images, torch.full((1, 1, 16, 16), noise))), images)


def test_quantise_clips():
    assert quantise(torch.tensor([-0.1, 1.0, 1.2])).tolist() == [0, 255, 255]


def test_image_noise_belongs_to_seed_draw_and_image():
    images = np.random.default_rng(0).integers(0, 256, (4, 1, 28, 28), dtype=np.uint8)
    noise = image_noise(images, seed=1)
    assert noise.dtype == np.float32
    assert 0 <= noise.min() < 0.01
    assert 0.99 < noise.max() < 1
    assert abs(noise.mean() - 0.5) < 0.02
    order = np.array([2, 0, 3, 1])
    assert np.array_equal(image_noise(images[order], seed=1), noise[order])
    assert not np.array_equal(image_noise(images, seed=2), noise)
    assert not np.array_equal(image_noise(images, seed=1, draw=1), noise)
    assert np.abs(np.corrcoef(noise.reshape(4, -1)) - np.eye(4)).max() < 0.15


def test_randomness_for_another_purpose_is_other_randomness():
    vectors = np.random.default_rng(0).normal(size=(3, 4))

    def drawn(**settings):
        return [float(each.random()) for each in image_generators(vectors, **settings)]

    everything = [
        *drawn(seed=1), *drawn(seed=2), *drawn(seed=1, draw=1),
        *drawn(seed=1, purpose="a"), *drawn(seed=1, purpose="b"), *drawn(seed=2, purpose="a"),
    ]  # fmt: skip
    assert len({*everything}) == 18
    assert drawn(seed=1, purpose="a") == everything[9:12]


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "flow.safetensors"
    path.write_bytes(b"not a flow")
    with pytest.raises(OodflowError, match="damaged"):
        load_flow(path)
    with pytest.raises(OodflowError, match="does not exist"):
        load_flow(tmp_path / "other.safetensors")


@pytest.mark.parametrize("recipe", ["fashion-mnist-realnvp", "celeba-realnvp", "fashion-mnist-glow", "celeba-glow"])
def test_paper_configurations_train_when_made_narrow(recipe):
    config = RECIPES[recipe]("paper")
    shape = (1, 28, 28) if "mnist" in recipe else (3, 32, 32)
    images = ImageSet.from_array(np.random.default_rng(0).integers(100, 120, (4, *shape), dtype=np.uint8))
    training = config.training.model_copy(update={"steps": 20, "batch_size": 4, "lr": 3e-4})
    with seeded(0):
        flow = config.flow.model_copy(update={"width": 2}).build(shape)
    state, losses = TrainState.start(flow, training), []
    batches = TrainingBatches(images, training.batch_size, training.seed)
    train(state, batches, training, callbacks=[lambda state, report: losses.append(report.loss)])
    assert state.skipped == 0
    assert losses[-1] < losses[0]
