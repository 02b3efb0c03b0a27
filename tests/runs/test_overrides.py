"""Overriding parts of a configuration."""

import pytest

from oodflow.errors import UsageError
from oodflow.recipes import RECIPES
from oodflow.runs import fields_of, override

BASE = RECIPES["fashion-mnist-realnvp"]("smoke")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("training.lr=1e-4", 1e-4),
        ("training.max_grad_norm=null", None),
        ("training.schedule=cosine", "cosine"),
        ("flow.net.kind=highway", "highway"),
        ("flow.net.blocks=3", 3),
        ("data=mnist", "mnist"),
        ("data=npy:a=b.npy?shape=1x28x28", "npy:a=b.npy?shape=1x28x28"),
        ("ood=mnist", ("mnist",)),
        ("ood=mnist,flat?shape=1x28x28", ("mnist", "flat?shape=1x28x28")),
        ('ood=["npy:a,b.npy"]', ("npy:a,b.npy",)),
        ("ood=[]", ()),
    ],
)
def test_sets_a_field(setting, value):
    changed = override(BASE, [setting])
    for name in setting.partition("=")[0].split("."):
        changed = getattr(changed, name)
    assert changed == value


def test_the_last_one_counts_and_the_original_stays():
    assert override(BASE, ["training.lr=1", "training.lr=2"]).training.lr == 2
    assert BASE.training.lr == 1e-3
    assert override(BASE, []) == BASE


def test_a_setting_leaves_all_others_as_they_are():
    """Clipping was once decided by what is decayed."""
    config = RECIPES["mnist-realnvp"]("paper")
    changed = override(config, ["training.decay=all"])
    assert changed == config.model_copy(update={"training": config.training.model_copy(update={"decay": "all"})})


def test_another_kind_brings_its_own_fields():
    changed = override(BASE, ["flow.kind=glow", "flow.steps=2", "flow.net.kind=convnet"])
    assert changed.flow.kind == "glow"
    assert changed.flow.steps == 2
    assert changed.flow.net.kind == "convnet"
    with pytest.raises(UsageError, match=r"flow\.net\.blocks is a setting of .*, this run has convnet"):
        override(changed, ["flow.net.blocks=2"])
    assert override(BASE, ["flow.kind=realnvp"]) == BASE  # the same kind loses nothing


@pytest.mark.parametrize("kind", ["flow.net=bottleneck", "flow.net.kind=bottleneck", "flow=single-scale"])
def test_a_kind_that_would_undo_a_setting_must_come_first(kind):
    with pytest.raises(UsageError, match=f"override '{kind}' .* would undo 'flow.net.blocks=2': put it first"):
        override(BASE, ["training.steps=3", "flow.net.blocks=2", kind])


@pytest.mark.parametrize("field", fields_of(BASE))
def test_every_field_can_be_set_to_what_it_is(field):
    value = BASE.model_dump_json()
    inner = BASE
    for name in field.split("."):
        inner = getattr(inner, name)
    text = "null" if inner is None else ",".join(inner) if isinstance(inner, tuple) else str(inner)
    if isinstance(inner, bool):
        text = text.lower()
    assert override(BASE, [f"{field}={text}"]).model_dump_json() == value
