"""decode(encode(x)) is x, to the last bit of every pixel, in float32 at full size; samples reach black and white."""

import pytest
import torch

from oodflow.bijections import MASKS, Chain, Logit, MultiScale
from oodflow.data import TrainingBatches, load
from oodflow.errors import UsageError
from oodflow.flows import FLOWS, Flow, Images
from oodflow.nets import NETS
from oodflow.testing.modules import randomise
from oodflow.training import TrainingConfig, TrainState, seeded, train

SHAPE = (3, 32, 32)
IMAGE_FLOWS = [name for name in FLOWS if FLOWS[name].rank == 3]
COUPLING_FLOWS = [name for name in FLOWS if "mask" in FLOWS[name].model_fields]


def config_of(name, **settings):
    sizes = {"width": 4, "steps": 2, "scales": 3, "blocks": 2, "heads": 1, "layers": 1, "squeezes": 1} | settings
    return FLOWS[name](**{field: size for field, size in sizes.items() if field in FLOWS[name].model_fields})


def images_and_noise(n=8):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (n, *SHAPE), dtype=torch.uint8, generator=generator)
    return images, torch.rand(images.shape, generator=generator)


@torch.no_grad()
def assert_exact(flow, images, noise):
    z, _ = flow.encode(images, noise=noise)
    wrong = int((flow.decode(z) != images).sum())
    assert wrong == 0, f"{wrong:,} of {images.numel():,} pixels come back as others"


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("name", COUPLING_FLOWS)
def test_every_preset_with_every_mask(name, mask):
    with seeded(1):
        flow = randomise(config_of(name, mask=mask, net=NETS["resnet"](blocks=2)).build(SHAPE), 1).eval()
    assert_exact(flow, *images_and_noise())


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("name", COUPLING_FLOWS)
def test_every_preset_with_every_net(name, net):
    sizes = {"blocks": 2, "latent_dims": 3}
    small = NETS[net](**{field: size for field, size in sizes.items() if field in NETS[net].model_fields})
    with seeded(2):
        flow = randomise(config_of(name, net=small, scales=2).build(SHAPE), 2).eval()
    assert_exact(flow, *images_and_noise())


@pytest.mark.parametrize("level", [0.0, 2.0**-24, 0.5, 1 - 2.0**-24])
def test_noise_at_the_edges_of_its_cell(level):
    """Every value of a pixel, with the least and the most noise that float32 has."""
    images = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16).expand(2, 1, 16, 16)
    with seeded(3):
        flow = randomise(config_of("realnvp", scales=2, net=NETS["convnet"]()).build((1, 16, 16)), 3).eval()
    assert_exact(flow, images, torch.full(images.shape, level))


@pytest.mark.parametrize("name", IMAGE_FLOWS)
def test_trained_weights(name):
    """Trained fast enough to move far: scales and shifts are no longer small."""
    training = TrainingConfig(steps=40, batch_size=16, lr=5e-3, max_grad_norm=1000.0, warmup_steps=10)
    shape = SHAPE if name in COUPLING_FLOWS else (1, 28, 28)  # an inverse of many passes takes its time
    images = load(f"photographs?shape={'x'.join(map(str, shape))}", "train")
    with seeded(0):
        flow = config_of(name, net=NETS["convnet"](), width=16).build(shape)
    state = TrainState.start(flow, training)
    losses = []
    batches = TrainingBatches(images, training.batch_size, training.seed)
    train(state, batches, training, callbacks=[lambda state, report: losses.append(report.loss)])
    assert losses[-1] < losses[0] - 1000  # nats
    x = torch.from_numpy(images.batch(range(16)))
    assert_exact(flow.eval(), x, torch.rand(x.shape, generator=torch.Generator().manual_seed(0)))


def test_samples_reach_black_and_white():
    flow = Flow(Images((1, 16, 16)), MultiScale((1, 16, 16), [Chain([Logit()])]))
    samples = flow.sample(64, temperature=3.0)
    assert samples.min() == 0
    assert samples.max() == 255


def test_a_flow_in_float64_gives_images_back_from_any_batch():
    with seeded(4):
        flow = randomise(config_of("realnvp", net=NETS["resnet"](blocks=1)).build(SHAPE), 4).double().eval()
    images, noise = images_and_noise(6)
    z, _ = flow.encode(images, noise=noise)
    assert all(torch.equal(flow.decode(z[i : i + 1]), images[i : i + 1]) for i in range(len(images)))


def test_latents_of_another_length_are_refused():
    with pytest.raises(UsageError, match=r"z must be latents \[B, 256\] but is \[2, 255\]"):
        Flow(Images((1, 16, 16)), MultiScale((1, 16, 16), [Chain([Logit()])])).decode(torch.zeros(2, 255))
    with pytest.raises(UsageError, match="z is a list: expected a tensor or a NumPy array"):
        Flow(Images((1, 16, 16)), MultiScale((1, 16, 16), [Chain([Logit()])])).decode([0.0])
