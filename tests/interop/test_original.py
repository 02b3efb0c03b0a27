"""Our flow is the original's function: against a second reading of its facts, and against its own numbers."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from interop import original
from interop.states import state_of
from oodflow.bijections import ActNorm
from oodflow.errors import UsageError
from oodflow.flows import load_flow, save_flow
from oodflow.interop import ORIGINAL_FLOWS, load_original, original_flow

GREY, COLOUR = {"img_shape": (1, 12, 8), "in_channels": 1}, {"img_shape": (3, 8, 8), "in_channels": 3}
RESNET = {"mid_channels": 4, "num_blocks": 2}
GLOW = {"image_shape": (1, 8, 12), "mid_channels": 4, "num_scales": 2, "num_layers": 2}

CASES = {
    "realnvp": ("RealNVP", GREY | RESNET),
    "realnvp, 3 scales, colour": ("RealNVP", COLOUR | RESNET | {"num_scales": 3}),
    "realnvp, 1 scale": ("RealNVP", GREY | RESNET | {"num_scales": 1}),
    "realnvp, no skips": ("RealNVP", GREY | RESNET | {"skip": False}),
    "realnvp, no batch norm": ("RealNVP", GREY | RESNET | {"use_batch_norm": False, "num_blocks": 3}),
    "realnvp, bottleneck": ("RealNVP", GREY | RESNET | {"st_type": "resnet_ae", "latent_dim": 3, "num_blocks": 5}),
    "realnvp, highway": ("RealNVP", GREY | RESNET | {"st_type": "highway"}),
    "8 layers": ("RealNVP8Layers", COLOUR | RESNET),
    "8 layers, arguments that it ignores": ("RealNVP8Layers", GREY | RESNET | {"skip": False, "num_scales": 3}),
    "cycle": ("RealNVPCycleMask", COLOUR | RESNET),
    "horizontal": ("RealNVPMaskHorizontal", GREY | RESNET),
    "horizontal, highway": ("RealNVPMaskHorizontal", GREY | RESNET | {"st_type": "highway"}),
    "3 layers": ("RealNVPMaskHorizontal3Layers", GREY | RESNET | {"use_batch_norm": False}),
    "2 layers": ("RealNVPSmall", GREY | RESNET),
    "glow": ("Glow", GLOW | {"num_coupling_layers_per_scale": 3, "st_type": "highway"}),
    "glow, 3 scales": (
        "Glow",
        {**GLOW, "image_shape": (3, 8, 8), "num_scales": 3, "num_coupling_layers_per_scale": 1, "st_type": "highway"},
    ),
    "glow, resnet": ("Glow", GLOW | {"num_coupling_layers_per_scale": 2, "st_type": "resnet"}),
    "glow, convnet": ("Glow", GLOW | {"num_coupling_layers_per_scale": 2, "st_type": "glow_convnet"}),
    "glow, no splits": (
        "Glow",
        GLOW | {"num_coupling_layers_per_scale": 2, "st_type": "highway", "multi_scale": False},
    ),
    "tabular": ("RealNVPTabular", {"in_dim": 7, "hidden_dim": 6, "num_layers": 1, "num_coupling_layers": 4}),
    "tabular, deep": (
        "RealNVPTabular",
        {"in_dim": 8, "hidden_dim": 5, "num_layers": 3, "num_coupling_layers": 3, "dropout": True},
    ),
}


def data_of(kwargs, seed=1):
    generator = torch.Generator().manual_seed(seed)
    if "in_dim" in kwargs:
        return torch.randn(4, kwargs["in_dim"], generator=generator), None
    shape = (4, *kwargs.get("img_shape", kwargs.get("image_shape")))
    images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    return images, torch.rand(shape, generator=generator)


def test_every_flow_of_the_original_is_tried():
    assert {cls for cls, _ in CASES.values()} == set(ORIGINAL_FLOWS)


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("case", CASES)
def test_it_is_the_same_function(case, prefix):
    cls, kwargs = CASES[case]
    state = state_of(cls, kwargs)
    x, noise = data_of(kwargs)
    flow = load_original({prefix + key: tensor for key, tensor in state.items()}, cls=cls, kwargs=kwargs)
    assert not flow.training
    z, log_det = original.encode(cls, kwargs, state, x, noise)
    single = flow.encode(x, noise=noise)
    assert (single[0] - z).abs().max() < 1e-4
    double = flow.double().encode(x, noise=noise)
    assert (double[0] - z).abs().max() < 1e-12
    assert (double[1] - log_det).abs().max() < 1e-9


def parity_cases():
    """The original's own numbers for twenty of its flows, where they are at hand."""
    path = Path(os.environ.get("OODFLOW_PARITY", ""))
    return torch.load(path, weights_only=True) if path.is_file() else {}


PARITY = parity_cases()


@pytest.mark.skipif(not PARITY, reason="OODFLOW_PARITY names no file with the original's numbers")
@pytest.mark.parametrize("name", PARITY or ["none"])
def test_it_gives_the_numbers_of_the_original(name):
    case = PARITY[name]
    noise = case["noise"] if case["input"].dtype == torch.uint8 else None
    flow = load_original(case["state_dict"], cls=case["cls"], kwargs=case["kw"])
    z, _ = flow.encode(case["input"], noise=noise)
    assert (z - case["float32"]["z"]).abs().max() <= 1e-4
    assert (flow.log_prob(case["input"], noise=noise) - case["float64"]["log_prob"]).abs().max() <= 1e-2
    flow = flow.double()
    z, _ = flow.encode(case["input"], noise=noise)
    assert (z - case["float64"]["z"]).abs().max() <= 1e-12
    assert (flow.log_prob(case["input"], noise=noise) - case["float64"]["log_prob"]).abs().max() <= 1e-9


def test_actnorms_count_as_initialised():
    cls, kwargs = CASES["glow"]
    flow = load_original(state_of(cls, kwargs), cls=cls, kwargs=kwargs)
    layers = [layer for layer in flow.modules() if isinstance(layer, ActNorm)]
    before = [layer.bias.clone() for layer in layers]
    images, noise = data_of(kwargs)
    flow.initialise(images, noise=noise)
    assert all(torch.equal(layer.bias, bias) for layer, bias in zip(layers, before, strict=True))


def test_a_bottleneck_that_the_original_never_uses_is_left_away():
    kwargs = GREY | {"mid_channels": 4, "num_blocks": 1, "latent_dim": 3, "st_type": "resnet_ae"}
    state, (x, noise) = state_of("RealNVP", kwargs), data_of(kwargs)
    z, _ = original.encode("RealNVP", kwargs, state, x, noise)
    ours = load_original(state, cls="RealNVP", kwargs=kwargs).double()
    assert (ours.encode(x, noise=noise)[0] - z).abs().max() < 1e-12


def changed_state(change):
    cls, kwargs = CASES["realnvp"]
    state = state_of(cls, kwargs)
    change(state)
    return {"state_dict": state, "cls": cls, "kwargs": kwargs}


KEY = "body.4.1.module1.st_net.out_conv.conv.bias"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop(KEY), rf"missing: {KEY};"),
        (lambda state: state.update({f"{KEY}es": torch.zeros(1)}), rf"unexpected: {KEY}es;"),
        (lambda state: state.update({KEY: torch.zeros(9)}), rf"of another shape: {KEY} \(\[9\], expected \[4\]\);"),
        (dict.clear, r"missing: body.2.0.module1.*, body.2.0.* and 56\d more;"),
    ],
)
def test_keys_that_do_not_fit_are_refused_by_name(change, message):
    with pytest.raises(UsageError, match=message):
        load_original(**changed_state(change))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (torch.zeros(4, dtype=torch.int64), "is torch.int64: expected finite floats"),
        (torch.full((4,), torch.nan), "is infinite or NaN: that run has diverged"),
        ([0.0] * 4, "is a list"),
        (torch.zeros(4, device="meta"), "is meta"),
        (torch.zeros(4).to_sparse(), "is torch.sparse_coo"),
    ],
)
def test_what_is_no_weight_is_refused(value, message):
    with pytest.raises(UsageError, match=f"{KEY} in the state_dict {message}"):
        load_original(**changed_state(lambda state: state.update({KEY: value})))


def test_a_whole_checkpoint_and_doubled_keys_are_refused():
    cls, kwargs = CASES["realnvp"]
    state = state_of(cls, kwargs)
    with pytest.raises(UsageError, match="pass what it has under 'net'"):
        load_original({"net": state, "epoch": 80}, cls=cls, kwargs=kwargs)
    with pytest.raises(UsageError, match=rf"both {KEY} and module.{KEY}"):
        load_original(state | {f"module.{KEY}": state[KEY]}, cls=cls, kwargs=kwargs)
    with pytest.raises(UsageError, match="state_dict is a list"):
        load_original([], cls=cls, kwargs=kwargs)


def test_a_bound_without_a_sign_is_refused():
    """The original divides by its length."""
    key = "body.2.0.module1.rescale.weight_v"
    with pytest.raises(UsageError, match=rf"{key} is so near 0"):
        load_original(**changed_state(lambda state: state.update({key: torch.zeros(1, 1, 1)})))


def test_vectors_of_another_length_are_refused():
    cls, kwargs = CASES["tabular"]
    with pytest.raises(UsageError, match=r"of another shape: body.0.rescale.weight_g \(\[7\], expected \[9\]\)"):
        load_original(state_of(cls, kwargs), cls=cls, kwargs=kwargs | {"in_dim": 9})


def test_sizes_may_be_whole_numbers_of_any_kind_and_the_flow_can_be_saved(tmp_path):
    cls, kwargs = CASES["realnvp"]
    shape = np.array(kwargs["img_shape"])
    flow, _ = original_flow(state_of(cls, kwargs), cls, kwargs | {"img_shape": shape, "mid_channels": np.int64(4)})
    save_flow(tmp_path / "flow.safetensors", flow)
    assert load_flow(tmp_path / "flow.safetensors").shape == kwargs["img_shape"]


def test_loading_leaves_the_global_generator_alone():
    cls, kwargs = CASES["glow"]
    state = state_of(cls, kwargs)
    before = torch.random.get_rng_state()
    load_original(state, cls=cls, kwargs=kwargs)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_bottleneck_is_not_dropped_where_none_was_asked_for():
    cls, kwargs = CASES["realnvp, bottleneck"]
    state = state_of(cls, kwargs)
    without = {**kwargs, "st_type": "resnet", "skip": False}
    with pytest.raises(UsageError, match=r"unexpected: .*bottleneck"):
        load_original(state, cls=cls, kwargs=without)


@pytest.mark.parametrize(
    ("cls", "kwargs", "message"),
    [
        ("RealNVP9Layers", {}, "unknown flow 'RealNVP9Layers': did you mean 'RealNVP8Layers'"),
        ("RealNVP", {"num_block": 2}, "unknown argument of RealNVP 'num_block': did you mean 'num_blocks'"),
        ("RealNVP", {}, r"img_shape is None: RealNVP needs \(channels, height, width\)"),
        ("Glow", {"image_shape": (28, 28)}, r"image_shape is \(28, 28\): Glow needs"),
        ("RealNVP", {"img_shape": (1, 8, 8), "in_channels": 3}, "in_channels is 3 but img_shape is .* must agree"),
        ("RealNVP", {"img_shape": (1, 8, 8), "num_scales": 0}, "num_scales is 0: expected a whole number from 1"),
        ("RealNVP", {"img_shape": (1, 8, 8), "st_type": "convnet"}, "st_type 'convnet' is not built"),
        ("RealNVP", {"img_shape": (1, 8, 8), "st_type": None}, "st_type is None: expected a string, such as 'resnet'"),
        ("RealNVP", {"img_shape": (1, 8, 8), "skip": "no"}, "skip is 'no': expected True or False"),
        ("RealNVP", {"img_shape": (1, 8, 8), "num_blocks": 2.5}, r"num_blocks is 2.5: expected a whole number from 1"),
        ("RealNVP", {"img_shape": (1, 8, 8), "mid_channels": True}, "mid_channels is True: expected a whole number"),
        ("RealNVP", {"img_shape": (1, 8.5, 8)}, r"img_shape is 8.5: expected a whole number"),
        ("RealNVP", {"img_shape": 28}, "img_shape is 28: RealNVP needs"),
        ("RealNVP", {"img_shape": "188"}, "img_shape is '1': expected a whole number"),
        (None, {}, "unknown flow 'None'"),
        ("Glow", None, "kwargs is a NoneType"),
        ("RealNVPTabular", {"in_dim": 7, "num_layers": -1}, "num_layers is -1: expected a whole number from 0"),
        ("RealNVPTabular", {"in_dim": 1}, "in_dim is 1: expected a whole number from 2"),
        ("RealNVP", {"img_shape": (1, 8, 8), "st_type": "resnit"}, "unknown st_type 'resnit'.*'resnet'"),
        ("RealNVPTabular", {}, "in_dim is None: expected a whole number from 2"),
    ],
)
def test_arguments_that_can_not_be_are_refused(cls, kwargs, message):
    with pytest.raises(UsageError, match=message):
        load_original({}, cls=cls, kwargs=kwargs)


def test_it_is_there_after_importing_the_package_alone():
    code = "import oodflow; print(oodflow.interop.load_original.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "load_original"
