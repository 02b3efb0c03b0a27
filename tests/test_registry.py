"""Registries are open: what is registered from outside can be used by name, validated, and told apart."""

import importlib.metadata
import sys
from functools import partial
from typing import Annotated, Literal

import pytest
from pydantic import SerializeAsAny, TypeAdapter, ValidationError

from oodflow.bijections import MASKS
from oodflow.config import Component
from oodflow.data import SOURCES
from oodflow.errors import OodflowError, UnknownName, UsageError
from oodflow.flows import DEQUANTISATIONS, DOMAINS, FLOWS, PRIORS, AnyFlowConfig
from oodflow.flows.dequantisation import AnyDequantisationConfig
from oodflow.flows.domains import AnyDomainConfig
from oodflow.flows.prior import AnyPriorConfig
from oodflow.nets import NETS, AnyNetConfig
from oodflow.recipes import RECIPES
from oodflow.registry import ChosenFrom, PluginWarning, Registry, import_plugin
from oodflow.scores import SCORES, AnyScore
from oodflow.statistics import STATISTICS, AnyStatistic
from oodflow.training import OBJECTIVES, AnyObjective
from oodflow.transformers import TRANSFORMERS, AnyTransformerConfig

UNIONS = {
    "dequantisation": (DEQUANTISATIONS, AnyDequantisationConfig),
    "domain": (DOMAINS, AnyDomainConfig),
    "flow": (FLOWS, AnyFlowConfig),
    "net": (NETS, AnyNetConfig),
    "objective": (OBJECTIVES, AnyObjective),
    "prior": (PRIORS, AnyPriorConfig),
    "score": (SCORES, AnyScore),
    "statistic": (STATISTICS, AnyStatistic),
    "transformer": (TRANSFORMERS, AnyTransformerConfig),
}


REGISTRIES = {registry.kind: registry for registry in (MASKS, RECIPES, SOURCES, *(pair[0] for pair in UNIONS.values()))}


class Shape(Component):
    sides: int = 1


class Square(Shape):
    kind: Literal["square"] = "square"


@pytest.fixture
def shapes():
    return Registry("shape", "example.shapes", {"square": Square})


@pytest.fixture
def entry_points(monkeypatch):
    """Let installed packages offer entries: a group's points by name."""

    def offer(**values):
        points = [importlib.metadata.EntryPoint(name, value, "example.shapes") for name, value in values.items()]
        monkeypatch.setattr("oodflow.registry.entry_points", lambda group: points)

    return offer


@pytest.mark.parametrize("name", UNIONS)
def test_what_a_configuration_can_hold_is_what_is_registered(name, tmp_path):
    named = {"encoder": tmp_path}  # a folder with what an outside model consists of; all else takes a flow's file
    file = tmp_path / "another flow"
    for needed in (file, *(tmp_path / part for part in ("config.json", "preprocessor_config.json", "a.safetensors"))):
        needed.touch()
    registry, annotation = UNIONS[name]
    adapter = TypeAdapter(annotation)
    for kind, settings in registry.items():
        assert settings.model_fields["kind"].default == kind
        fields = [field for field, about in settings.model_fields.items() if about.is_required()]
        required = {field: str(named.get(field, file)) for field in fields}
        expected = settings(**required)
        assert adapter.validate_python({"kind": kind, **required} if required else kind) == expected
        assert adapter.validate_json(adapter.dump_json(expected)) == expected


@pytest.mark.parametrize("name", UNIONS)
def test_an_unknown_kind_names_the_nearest(name):
    registry, annotation = UNIONS[name]
    kind = next(iter(registry))
    with pytest.raises(ValidationError, match=f"unknown {name} '{kind}x': did you mean '{kind}'"):
        TypeAdapter(annotation).validate_python({"kind": f"{kind}x"})
    with pytest.raises(ValidationError, match="its kind is missing"):
        TypeAdapter(annotation).validate_python({})


@pytest.mark.parametrize("name", REGISTRIES)
def test_a_name_that_there_is_not(name):
    registry = REGISTRIES[name]
    with pytest.raises(UnknownName, match=f"^unknown {name} 'nothing of the kind': known: "):
        registry["nothing of the kind"]
    assert "nothing of the kind" not in registry
    assert registry.get("nothing of the kind") is None


def test_what_is_registered_later_is_valid_then(shapes):
    adapter = TypeAdapter(Annotated[SerializeAsAny[Shape], ChosenFrom(shapes)])

    @shapes.register("hexagon")
    class Hexagon(Shape):
        kind: Literal["hexagon"] = "hexagon"
        corners: int = 6

    assert adapter.validate_python("hexagon") == Hexagon()
    assert adapter.validate_json(b'{"kind": "hexagon", "corners": 5}') == Hexagon(corners=5)
    assert adapter.dump_python(Hexagon(corners=5)) == {"kind": "hexagon", "corners": 5, "sides": 1}


def test_a_taken_name(shapes):
    with pytest.raises(UsageError, match=r"the shape 'square' is registered already, as .*Square.*choose another"):
        shapes.register("square")(Shape)
    assert shapes.register("square")(Square) is Square  # as when its module is loaded again


def test_a_taken_name_of_a_partial():
    recipes = Registry("recipe", "example.recipes", {"one": partial(max, 1)})
    with pytest.raises(UsageError, match="the recipe 'one' is registered already"):
        recipes.register("one")(partial(min, 1))
    recipes.register("one")(again := partial(max, 2))
    assert recipes["one"] is again


def test_what_other_packages_offer_outlasts_lent_names(shapes, entry_points):
    entry_points(pair="collections:Counter")
    with shapes.replacing("round", Shape):
        assert list(shapes) == ["square", "pair", "round"]
    assert list(shapes) == ["square", "pair"]


def test_lent_names(shapes):
    with shapes.replacing("square", Shape), shapes.replacing("round", Shape):
        assert shapes["square"] is shapes["round"] is Shape
    assert dict(shapes) == {"square": Square}


def test_other_packages_offer_theirs(shapes, entry_points):
    entry_points(pair="collections:Counter")
    from collections import Counter

    assert shapes["pair"] is Counter
    assert list(shapes) == ["square", "pair"]


@pytest.mark.parametrize("value", ["no_such_module:x", "collections:no_such_name"])
def test_a_broken_offer_is_named_and_left_out(shapes, entry_points, value):
    entry_points(broken=value, pair="collections:Counter")
    with pytest.warns(PluginWarning, match=r"the shape 'broken' of the package .* is left out: \w+Error: "):
        assert list(shapes) == ["square", "pair"]


def test_nothing_is_imported_for_a_name_that_is_known(shapes, entry_points):
    entry_points(broken="no_such_module:x")
    assert shapes["square"] is Square


def test_a_file_is_a_plugin(tmp_path, monkeypatch):
    file = tmp_path / "a_plugin_of_mine.py"
    file.write_text("from oodflow.bijections import MASKS, checkerboard\nMASKS.register('mine')(checkerboard)\n")
    monkeypatch.setitem(sys.modules, "a_plugin_of_mine", None)
    with MASKS.replacing("another", MASKS["cycle"]):  # for what is put back at its end
        import_plugin(str(file))
        assert MASKS["mine"] is MASKS["checkerboard"]
    assert "mine" not in MASKS


@pytest.mark.parametrize(
    ("name", "text", "kind", "message"),
    [
        ("missing.py", None, UsageError, "there is no plug-in .*missing.py: name a .py file or a module"),
        ("no_such_module", None, UsageError, "plug-in no_such_module can't be imported: No module"),
        ("bad.py", "1 / 0", OodflowError, "plug-in .*bad.py fails when it is imported: ZeroDivisionError"),
        ("late.py", "import no_such_module", UsageError, "plug-in .*late.py can't be imported: No module"),
    ],
)
def test_plugins_that_are_none(tmp_path, name, text, kind, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(kind, match=message):
        import_plugin(str(tmp_path / name) if name.endswith(".py") else name)


def test_a_plugin_that_fails_leaves_no_module(tmp_path):
    (tmp_path / "a_plugin_that_fails.py").write_text("1 / 0")
    with pytest.raises(OodflowError):
        import_plugin(str(tmp_path / "a_plugin_that_fails.py"))
    assert "a_plugin_that_fails" not in sys.modules


def test_a_plugin_takes_no_other_modules_place(tmp_path):
    (tmp_path / "json.py").write_text("")
    before = sys.modules["json"]
    with pytest.raises(UsageError, match=r"json\.py can't be called json, as a module that is in use: rename it"):
        import_plugin(str(tmp_path / "json.py"))
    assert sys.modules["json"] is before
