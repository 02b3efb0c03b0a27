"""From the original's flags to what its scripts call its constructors with."""

import pytest

from oodflow.cli.original_flags import FLOW_FLAGS, ORIGINAL_DATA, constructor_arguments
from oodflow.errors import UsageError
from oodflow.interop import ORIGINAL_FLOWS, original_config

GREY, EMBEDDING, TABLE = (1, 28, 28), (1792,), (15,)


def arguments(cls, shape, **flags):
    return constructor_arguments(cls, shape, FLOW_FLAGS | flags)


@pytest.mark.parametrize(
    ("flag", "value", "argument", "expected"),
    [
        ("num_scales", 3, "num_scales", 3),
        ("num_mid_channels", 5, "mid_channels", 5),
        ("num_blocks", 6, "num_blocks", 6),
        ("st_type", "highway", "st_type", "highway"),
        ("latent_dim", 7, "latent_dim", 7),
        ("no_batchnorm", True, "use_batch_norm", False),
        ("no_skip", True, "skip", False),
        ("init_zeros", True, "init_zeros", True),
    ],
)
def test_flags_of_realnvp(flag, value, argument, expected):
    plain = arguments("RealNVP", GREY)
    assert plain[argument] != expected
    assert arguments("RealNVP", GREY, **{flag: value}) == plain | {argument: expected}
    assert plain["img_shape"] == GREY


@pytest.mark.parametrize(
    ("flag", "value", "argument", "expected"),
    [
        ("num_blocks", 3, "num_layers", 3),
        ("num_mid_channels", 200, "mid_channels", 200),
        ("num_coupling_layers_per_scale", 16, "num_coupling_layers_per_scale", 16),
        ("no_multi_scale", True, "multi_scale", False),
    ],
)
def test_flags_of_glow(flag, value, argument, expected):
    plain = arguments("Glow", GREY)
    assert plain[argument] != expected
    assert arguments("Glow", GREY, **{flag: value}) == plain | {argument: expected}
    assert plain["st_type"] == "resnet"  # the command line's default, not the class's


def test_glow_ignores_what_its_scripts_do_not_hand_it():
    ignored = {"no_skip": True, "no_batchnorm": True, "init_zeros": True, "latent_dim": 7}
    assert arguments("Glow", GREY, **ignored) == arguments("Glow", GREY)


def test_embeddings_and_tables_have_flags_of_their_own():
    flags = {"num_mid_channels": 512, "num_blocks": 3, "num_coupling_layers_per_scale": 9, "dropout": True}
    flags |= {"num_hidden_units": 256, "num_hidden_layers": 0, "num_coupling_layers": 5}
    embedding = arguments("RealNVPTabular", EMBEDDING, **flags)
    expected = {"hidden_dim": 512, "num_layers": 3, "num_coupling_layers": 9, "init_zeros": False, "dropout": True}
    assert embedding == expected | {"in_dim": 1792}
    table = arguments("RealNVPTabular", TABLE, **flags)
    assert table == expected | {"in_dim": 15, "hidden_dim": 256, "num_layers": 0, "num_coupling_layers": 5}


@pytest.mark.parametrize("cls", ORIGINAL_FLOWS)
@pytest.mark.parametrize("dataset", ORIGINAL_DATA)
def test_every_class_takes_its_data_and_no_other(cls, dataset):
    shape = ORIGINAL_DATA[dataset].shape
    if (cls == "RealNVPTabular") == (len(shape) == 1):
        assert original_config(cls, arguments(cls, shape))[1] == shape
    else:
        with pytest.raises(UsageError, match="check --flow and --dataset"):
            arguments(cls, shape)
