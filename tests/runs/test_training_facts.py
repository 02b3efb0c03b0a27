"""The section ``training`` of records: what older versions wrote can be read, and what is damaged is said."""

import json
from pathlib import Path

import pytest

from oodflow.errors import OodflowError
from oodflow.runs.training_facts import TrainingFacts

RECORDS = sorted((Path(__file__).parents[2] / "results").glob("*.json"))


def sections():
    for file in RECORDS:
        data = json.loads(file.read_text())
        for record in data if isinstance(data, list) else []:
            if "data" in (record.get("training") or {}):
                yield record


def test_every_training_in_results_can_be_read():
    read = [TrainingFacts.of(record, "it") for record in sections()]
    assert len(read) > 40
    assert all(facts.data.fingerprint and facts.steps for facts in read)


def test_a_section_comes_back_as_it_was():
    section = next(sections())["training"]
    again = TrainingFacts.parse(TrainingFacts.parse(section).as_dict())
    assert again == TrainingFacts.parse(section)
    assert {name: again.as_dict()[name] for name in section} == section


def test_a_run_that_has_not_begun_and_one_that_is_damaged():
    assert TrainingFacts.of({}, "record.json") is None
    section = next(sections())["training"]
    with pytest.raises(OodflowError, match=r"record\.json is damaged or of another kind: at steps: "):
        TrainingFacts.of({"training": {**section, "steps": "many"}}, "record.json")
