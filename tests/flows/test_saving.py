"""Flows in files: by configuration, or put together by hand, with the builder passed by whoever loads."""

import json
import sys
from pathlib import Path
from typing import Literal

import pytest
import torch
from torch import nn

import oodflow
from oodflow.bijections import Chain, Coupling, Logit, MultiScale, checkerboard
from oodflow.errors import Damaged, OodflowError, UsageError
from oodflow.flows import (
    FLOWS,
    DiagonalNormal,
    Flow,
    GlowConfig,
    Images,
    RealNVPConfig,
    Reals,
    load_flow,
    save_flow,
    save_tensors,
)
from oodflow.flows.saving import FlowFile
from oodflow.flows.tensors import load_tensors
from oodflow.nets import ConvNetConfig
from oodflow.testing.modules import randomise
from oodflow.training import TrainingConfig, TrainState
from oodflow.transformers import Affine

SHAPE = (1, 4, 4)


def make(width=2, shape=SHAPE, domain=Images):
    """A flow put together by hand."""
    net = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.Conv2d(width, 2, 1))
    layers = [*([Logit()] if domain is Images else []), Coupling(checkerboard(shape), net, Affine(1))]
    return Flow(domain(shape), MultiScale(shape, [Chain(layers)]), prior=DiagonalNormal(16))


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "own.safetensors"
    flow = randomise(make(), 0).eval()
    flow.save(path, builder=make)
    return path, flow


def test_a_flow_of_ones_own_is_saved_and_loaded(saved):
    path, flow = saved
    loaded = oodflow.load(path, builder=make)
    assert not loaded.training
    assert torch.equal(loaded.sample(3), flow.sample(3))
    assert all(torch.equal(tensor, loaded.state_dict()[name]) for name, tensor in flow.state_dict().items())
    description = json.loads(load_tensors(path)[1]["flow"])
    assert description == {
        "schema_version": 1, "config": None, "builder": f"{__name__}:make", "domain": "images", "shape": [1, 4, 4]
    }  # fmt: skip


def twice():
    """A flow whose couplings share their st-network."""
    net = nn.Conv2d(1, 2, 3, padding=1)
    layers = [Logit(), *(Coupling(checkerboard(SHAPE, turn), net, Affine(1)) for turn in range(2))]
    return Flow(Images(SHAPE), MultiScale(SHAPE, [Chain(layers)]))


def test_parts_that_are_used_twice_are_saved_and_loaded(tmp_path):
    flow = randomise(twice(), 0).eval()
    flow.save(tmp_path / "twice.safetensors", builder=twice)
    loaded = oodflow.load(tmp_path / "twice.safetensors", builder=twice)
    assert torch.equal(loaded.sample(3), flow.sample(3))
    config = TrainingConfig(steps=1)
    state = TrainState.start(twice(), config)
    state.save(tmp_path / "state.safetensors", config)
    state.restore(tmp_path / "state.safetensors", config)


def test_nothing_is_run_from_a_file(saved, monkeypatch):
    path, _ = saved
    monkeypatch.setattr(sys.modules[__name__], "make", lambda: pytest.fail("the builder was run"))
    with pytest.raises(UsageError, match=rf"put together by hand, by {__name__}:make: .*pass builder=make\.$"):
        oodflow.load(path)


def test_a_builder_may_be_named(tmp_path):
    path = tmp_path / "own.safetensors"
    save_flow(path, make(), builder="mypackage.flows:Factory.make")
    with pytest.raises(UsageError, match=r"by mypackage\.flows:Factory\.make: .*pass builder=Factory\.make\.$"):
        oodflow.load(path)


@pytest.mark.parametrize(
    ("builder", "message"),
    [
        (lambda: make(shape=(1, 4, 8)), r"\[16\]|over images \(1, 4, 8\)"),
        (lambda: make(domain=Reals), r"over reals \(1, 4, 4\) but .* over images \(1, 4, 4\): pass .*:make"),
        (lambda: make(width=3), r"of another shape: .*\[2\], not \[3\]"),
        (lambda: Flow(Images(SHAPE), MultiScale(SHAPE, [Chain([Logit()])])), r"unexpected: .* and 4 more"),
        (lambda: nn.Linear(2, 2), "builder returned a Linear"),
    ],
)
def test_a_builder_that_does_not_fit(saved, builder, message):
    with pytest.raises(OodflowError, match=message):
        oodflow.load(saved[0], builder=builder)


@pytest.mark.parametrize("builder", [lambda: make(), "make", "my package:make", "a:b:c", ":make", 3])
def test_what_is_no_builder(tmp_path, builder):
    with pytest.raises(UsageError, match="nothing to import: name a function of a module"):
        save_flow(tmp_path / "x", make(), builder=builder)


def test_without_a_builder_it_says_what_is_missing(tmp_path):
    with pytest.raises(UsageError, match=r"put together by hand.*pass builder="):
        make().save(tmp_path / "x.safetensors")
    assert not (tmp_path / "x.safetensors").exists()


def test_a_file_that_says_itself_how_needs_no_builder(tmp_path):
    GlowConfig(steps=1, width=2).build(SHAPE).save(tmp_path / "glow.safetensors")
    with pytest.raises(UsageError, match="says itself how to build its flow, a glow: leave builder away"):
        oodflow.load(tmp_path / "glow.safetensors", builder=make)


class Mine(GlowConfig):
    """A flow from outside."""

    kind: Literal["mine"] = "mine"


def test_a_flow_registered_from_outside_is_loaded_by_its_kind(tmp_path):
    path = tmp_path / "mine.safetensors"
    with FLOWS.replacing("mine", Mine):
        flow = randomise(Mine(steps=1, width=2, net=ConvNetConfig()).build(SHAPE), 0).eval()
        flow.save(path)
        loaded = oodflow.load(path)
        assert isinstance(loaded.config, Mine)
        assert torch.equal(loaded.sample(2), flow.sample(2))
    with pytest.raises(OodflowError, match=r"unknown flow 'mine'.*import that, or pass --plugin, first\.$"):
        oodflow.load(path)


def test_files_of_the_version_before_are_read(tmp_path):
    """They had the configuration without domain and prior, and the shape."""
    config = GlowConfig(steps=1, width=2, net=ConvNetConfig())
    flow = config.build(SHAPE).eval()
    old = {name: value for name, value in config.model_dump(mode="json").items() if name not in ("domain", "prior")}
    path = tmp_path / "old.safetensors"
    save_tensors(path, flow.state_dict(), {"flow": json.dumps({"config": old, "shape": SHAPE})})
    loaded = oodflow.load(path)
    assert loaded.config == config
    assert torch.equal(loaded.sample(2), flow.sample(2))


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "does not hold a flow of this version of oodflow: its metadata lacks 'flow'"),
        ({"flow": "{"}, "its metadata is no JSON"),
        ({"flow": '{"schema_version": 7}'}, "schema version 7"),
        ({"flow": '{"schema_version": 1, "domain": "images", "shape": "x"}'}, "at shape"),
        (
            {"flow": '{"config": {"kind": "glow", "steps": 0}, "shape": [1, 4, 4]}'},
            "it should be at least 1 at steps",
        ),
        ({"flow": '{"config": {"kind": "glow", "net": "zigzag"}, "shape": [1, 4, 4]}'}, "unknown net 'zigzag'.* first"),
        ({"flow": '{"config": {"kind": "glow", "steps": 1}, "shape": [1, 5, 5]}'}, "even H and W"),
        (
            {"flow": '{"config": {"kind": "glow", "steps": 1, "width": 2}, "shape": [1, 4, 4]}'},
            "missing: .*; unexp",
        ),
    ],
)
def test_files_that_hold_something_else(tmp_path, metadata, message):
    save_tensors(tmp_path / "x.safetensors", {"a": torch.zeros(1)}, metadata)
    with pytest.raises(OodflowError, match=message):
        oodflow.load(tmp_path / "x.safetensors")


def test_loading_leaves_the_global_generator_alone(saved, tmp_path):
    GlowConfig(steps=1, width=2).build(SHAPE).save(tmp_path / "glow.safetensors")
    before = torch.random.get_rng_state()
    oodflow.load(str(tmp_path / "glow.safetensors"))
    oodflow.load(saved[0], builder=make)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_missing_file():
    with pytest.raises(OodflowError, match=r"nowhere\.safetensors does not exist"):
        oodflow.load(Path("nowhere.safetensors"))


def test_a_file_that_asks_for_a_huge_flow_is_refused_before_one_is_made(tmp_path, monkeypatch):
    made = []
    initialise = torch.nn.Conv2d.reset_parameters
    monkeypatch.setattr(torch.nn.Conv2d, "reset_parameters", lambda conv: made.append(conv) or initialise(conv))
    config = RealNVPConfig(width=3000).model_dump(mode="json")
    file = FlowFile(config=config, domain="images", shape=(1, 8, 8)).as_dict()
    save_tensors(tmp_path / "x.safetensors", {"a": torch.zeros(1)}, {"flow": json.dumps(file)})
    with pytest.raises(OodflowError, match="there are too few weights in it"):
        load_flow(tmp_path / "x.safetensors")
    assert sum(conv.weight.numel() for conv in made) < 2**20
    file |= {"shape": [1, 100_000, 100_000]}
    save_tensors(tmp_path / "x.safetensors", {"a": torch.zeros(1)}, {"flow": json.dumps(file)})
    with pytest.raises(OodflowError, match=r"its data has the shape \(1, 100000, 100000\)"):
        load_flow(tmp_path / "x.safetensors")


@pytest.mark.parametrize("place", ["tensors", "metadata"])
def test_a_flipped_bit_is_damage(tmp_path, place):
    path = tmp_path / "x.safetensors"
    save_tensors(path, {"a": torch.arange(100.0), "b": torch.ones((), dtype=torch.bool)}, {"note": "some"})
    assert load_tensors(path)[1] == {"note": "some"}
    content = bytearray(path.read_bytes())
    content[content.index(b"some") if place == "metadata" else -50] ^= 4
    path.write_bytes(content)
    with pytest.raises(Damaged, match=r"x\.safetensors is damaged: its content has another digest"):
        load_tensors(path)


def test_equal_tensors_are_equal_files(tmp_path):
    for name in "xy":
        save_tensors(tmp_path / name, {"a": torch.arange(100.0)}, {"one": "1", "two": "2", "three": "3"})
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()
