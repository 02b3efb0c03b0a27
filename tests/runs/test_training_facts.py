"""The section ``training`` of records: it is read back as it was written, and what is damaged is said."""

import json
from pathlib import Path

import pytest

from oodflow.errors import OodflowError
from oodflow.runs.training_facts import TrainingFacts

RESULTS = Path(__file__).parents[2] / "results"
SECTION = json.loads((RESULTS / "main-job.json").read_text())["runs"][0]["run"]["training"]


def test_a_section_comes_back_as_it_was():
    facts = TrainingFacts.parse(SECTION)
    assert facts.data.fingerprint
    assert facts.steps == SECTION["steps"]
    assert TrainingFacts.parse(facts.as_dict()) == facts
    assert facts.as_dict() == {**SECTION, "streams": {}}


def test_one_that_is_damaged():
    with pytest.raises(OodflowError, match=r"record\.json is damaged or of another kind: at steps: "):
        TrainingFacts.parse({**SECTION, "steps": "many"}, "record.json")
