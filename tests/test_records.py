"""Records are read as they were written, migrated from versions that are known, and refused otherwise."""

import json
from typing import ClassVar

import pytest

from oodflow.errors import OodflowError
from oodflow.records import Record
from oodflow.transformers import AnyTransformerConfig


class Wheel(Record):
    inches: float


class Bicycle(Record):
    version = 3
    migrations: ClassVar = {
        1: lambda old: {"wheels": [{"inches": old["inches"]}] * 2},
        2: lambda old: {"wheels": old["wheels"], "bell": False},
    }
    wheels: tuple[Wheel, ...]
    bell: bool


BICYCLE = Bicycle(wheels=(Wheel(inches=28), Wheel(inches=26)), bell=True)


def test_written_and_read(tmp_path):
    BICYCLE.write(tmp_path / "bicycle.json")
    assert json.loads((tmp_path / "bicycle.json").read_text())["schema_version"] == 3
    assert Bicycle.read(tmp_path / "bicycle.json") == BICYCLE


def test_old_versions_are_migrated_step_by_step():
    assert Bicycle.parse({"schema_version": 1, "inches": 20}).wheels == (Wheel(inches=20), Wheel(inches=20))
    assert not Bicycle.parse({"schema_version": 2, "wheels": []}).bell


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"wheels": []}, "b.json has schema version 0, which this oodflow no longer reads .it writes 3.: make it anew"),
        ({"schema_version": 4}, "b.json has schema version 4, this oodflow writes 3: read it with the version"),
        ({"schema_version": "3"}, "b.json has schema version '3'"),
        ({"schema_version": 1}, "b.json is damaged or of another kind .KeyError: 'inches'"),
        (
            {"schema_version": 3, "wheels": [], "bell": True, "x": 1},
            "damaged or of another kind: at x: there is no such setting",
        ),
        ({"schema_version": 3, "wheels": [{"inches": "a"}], "bell": True}, "at wheels.0.inches: it should be a"),
        ([1], "b.json is damaged or of another kind .TypeError"),
        (None, "b.json is damaged or of another kind .TypeError"),
    ],
)
def test_what_is_refused(value, message):
    with pytest.raises(OodflowError, match=message):
        Bicycle.parse(value, "b.json")


def test_a_record_of_a_plugin_is_sound_and_not_to_be_made_anew():
    class Coupling(Record):
        version = 1
        transformer: AnyTransformerConfig

    message = r"^b.json can't be read: at transformer: unknown transformer 'mine': .* or pass --plugin, first\.$"
    with pytest.raises(OodflowError, match=message):
        Coupling.parse({"schema_version": 1, "transformer": {"kind": "mine"}}, "b.json")


def test_files_that_are_none(tmp_path):
    with pytest.raises(OodflowError, match=r"there is no .*missing\.json"):
        Bicycle.read(tmp_path / "missing.json")
    (tmp_path / "half.json").write_text('{"whe')
    with pytest.raises(OodflowError, match=r"half\.json is damaged"):
        Bicycle.read(tmp_path / "half.json")


def test_a_record_inside_of_another():
    class Garage(Record):
        version = 1
        bicycles: tuple[Bicycle, ...]

    garage = Garage(bicycles=(BICYCLE,))
    assert garage.as_dict()["bicycles"][0]["schema_version"] == 3
    assert Garage.parse(garage.as_dict()) == garage
    old = Garage.parse({"schema_version": 1, "bicycles": [{"schema_version": 1, "inches": 20}]})
    assert old.bicycles[0].wheels == (Wheel(inches=20), Wheel(inches=20))
    with pytest.raises(OodflowError, match=r"^g.json has schema version 4, this oodflow writes 3"):
        Garage.parse({"schema_version": 1, "bicycles": [{"schema_version": 4}]}, "g.json")


def test_the_first_version_may_have_been_no_object():
    class Basket(Record):
        version = 1
        migrations: ClassVar = {0: lambda old: {"eggs": old}}
        eggs: tuple[int, ...]

    assert Basket.parse([1, 2]).eggs == (1, 2)


def test_nothing_that_json_can_not_hold():
    with pytest.raises(ValueError, match="finite"):
        Wheel(inches=float("nan"))
