"""The command, whole at smoke scale, and the rest of it on a made-up record."""

import json

import pytest

from oodflow.bench.record import BenchRecord
from oodflow.bench.throughput import Subject
from oodflow.recipes import RECIPES

SMOKE = ("bench", "--scale", "smoke", "--rounds", "1", "--no-peers")


@pytest.fixture
def measured(monkeypatch, record):
    """Make `oodflow bench` measure what is in the last of these records, without taking the time."""
    records = [record]
    monkeypatch.setattr("oodflow.cli.bench.bench", lambda *asked, **how: records[-1])
    return records


@pytest.fixture
def asked(monkeypatch, record):
    """Options that `oodflow bench` was called with."""
    options = []
    monkeypatch.setattr("oodflow.cli.bench.bench", lambda wanted, **how: options.append(wanted) or record)
    return options


def test_it_measures_everything_and_writes_it(oodflow, tmp_path):
    result = oodflow(*SMOKE, "--recipes", "fashion-mnist-glow", "--write", tmp_path / "out/speed.md")
    assert result.code == 0, result.err
    assert f"Wrote {tmp_path / 'out/speed.md'} and {tmp_path / 'out/speed.json'}" in result.out
    assert "fashion-mnist-glow at smoke scale" in result.err
    record = BenchRecord.read(tmp_path / "out/speed.json")
    (flow,) = record.flows
    assert flow.parameters == 4_340
    for speed in (flow.train, flow.score):
        assert speed.share.median > 0
        assert speed.flop_per_second.median == pytest.approx(speed.share.median * speed.limit_flop_per_second.median)
    for memory in (flow.memory.stored, flow.memory.reversible):
        assert 2**26 < memory.import_bytes < 2**31
        assert memory.growth_bytes > 2**20
    assert [layer.size for layer in record.limits.layers] == [(14, 14), (7, 7)]
    assert set(record.surroundings.scores) >= {"likelihood", "complexity"}
    assert record.startup.ratios["oodflow --help"].median > 1
    assert record.provenance.command.startswith("oodflow bench --scale smoke")
    assert (record.options.recipes, record.options.scales) == (("fashion-mnist-glow",), ("smoke",))
    assert "| fashion-mnist-glow | smoke | 4,340 |" in (tmp_path / "out/speed.md").read_text()


def test_what_is_asked_for(oodflow, asked):
    result = oodflow("bench")
    assert result.out.startswith("# Speed")
    assert asked[0].scales == ("cpu", "paper")
    assert len(asked[0].recipes) == 4
    assert asked[0].peers
    oodflow("bench", "--recipes", "mnist-glow", "svhn-glow", "--scale", "smoke", "cpu", "--rounds", "2", "--no-peers")
    assert (asked[1].recipes, asked[1].scales) == (("mnist-glow", "svhn-glow"), ("smoke", "cpu"))
    assert (asked[1].rounds, asked[1].peers) == (2, False)


def test_json_is_the_record(oodflow, measured, record, tmp_path):
    assert json.loads(oodflow("bench", "--json", "--store", tmp_path / "ratios.json").out) == record.as_dict()


def test_shares_are_stored_and_held_against(oodflow, measured, record, tmp_path):
    file = tmp_path / "ratios.json"
    assert oodflow("bench", "--store", file).code == 0
    assert oodflow("bench", "--against", file).code == 0
    slower = record.as_dict() | {"cpu": "Slide rule"}
    for name in slower["flows"][0]["score"]["share"]:
        slower["flows"][0]["score"]["share"][name] *= 0.5
    measured.append(BenchRecord.parse(slower))
    result = oodflow("bench", "--against", file)
    assert result.code == 1
    assert f"fell below {file}: mnist-glow/cpu/score from 60.0 to 30.0 % (tolerance 15 %)." in result.error
    assert "mnist-glow/cpu/train" not in result.error
    assert "measured with Slide rule" in result.err
    assert result.out.startswith("# Speed")  # what was measured is shown all the same


@pytest.mark.parametrize("option", ["--write", "--store"])
def test_where_nothing_can_be_written_nothing_is_measured(oodflow, asked, tmp_path, option):
    (tmp_path / "file").write_text("in the way")
    result = oodflow("bench", option, tmp_path / "file/speed")
    assert result.code == 1
    assert "could not write" in result.error
    (tmp_path / "speed.json").mkdir()
    assert "could not write" in oodflow("bench", option, tmp_path / "speed.json").error
    assert not asked


def test_a_damaged_file_is_found_before_anything_is_measured(oodflow, asked, tmp_path):
    (tmp_path / "ratios.json").write_text("{}")
    result = oodflow("bench", "--against", tmp_path / "ratios.json")
    assert "`oodflow bench --store` writes it anew" in result.error
    assert result.code == 1
    assert not asked


def test_a_reversible_step_stores_nothing(monkeypatch):
    seen = []
    monkeypatch.setattr("oodflow.bench.throughput.take_step", lambda *arguments: seen.append(arguments[2].memory))
    subject = Subject.of(RECIPES["fashion-mnist-glow"]("smoke"))
    subject.step()
    subject.step("reversible")
    assert seen == ["stored", "reversible"]
