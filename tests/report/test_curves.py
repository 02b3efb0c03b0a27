"""How good runs were after how long, from their logs."""

import json
import shutil

import pytest

from making_runs import QUIET
from oodflow.document import as_markdown
from oodflow.errors import OodflowError
from oodflow.recipes import RECIPES
from oodflow.report.curves import curves_document, draw_curves, write_curves
from oodflow.report.looks import Curves, read_curve
from oodflow.runs import RunDir
from oodflow.runs.overrides import override
from oodflow.session.options import SessionOptions
from oodflow.session.train import start


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run that was looked at twice, to be read only."""
    config = override(RECIPES["photographs-realnvp"]("smoke"), ["training.steps=6", "monitor.every=3"])
    return start(config, tmp_path_factory.mktemp("runs") / "run", SessionOptions(**QUIET)).path


@pytest.fixture
def run(finished, tmp_path):
    return RunDir(shutil.copytree(finished, tmp_path / "run"))


def slower(run, path, factor):
    """The same run, as if each step had taken longer."""
    lines = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    for line in lines:
        line["seconds"] = factor * line["step"]
    path.mkdir()
    for file in (run.config_file, run.record_file):
        (path / file.name).write_bytes(file.read_bytes())
    (path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return RunDir(path)


def test_a_run_leaves_its_looks_with_their_time(run):
    curve = read_curve(run)
    assert curve.name == "RealNVP with convnets and actnorm, photographs, smoke, training.steps=6, seed 0"
    assert [look.step for look in curve.looks] == [3, 6]
    assert 0 < curve.looks[0].seconds < curve.looks[1].seconds
    assert set(curve.looks[0].auroc) == {"digits", "flat", "smooth", "noise"}


def test_the_table_tells_the_last_look_before_each_time(run, tmp_path):
    curve = read_curve(slower(run, tmp_path / "slow", 20))  # looks after 60 and 120 s
    assert curve.at(59) is None
    assert curve.at(119) == curve.looks[0]
    assert curve.at(121) is None  # the run had ended
    page = as_markdown(curves_document(Curves(curves=(curve,))))
    header, _, row = [line for line in page.splitlines() if line.startswith("|")]
    assert header == "| flow, trained on, scale | 30 s | 1 min | at its end |"
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1] == ""
    assert cells[2].startswith(f"{curve.looks[0].bits_per_dim:.3f} (")
    assert cells[3].endswith("after 120 s")
    assert curve.training.data.fingerprint in page


def test_runs_that_shared_a_machine_are_compared_by_steps(run):
    curve = read_curve(run)
    later = curve.model_copy(update={"looks": tuple(look.model_copy(update={"step": 100 * look.step})
                                                    for look in curve.looks)})  # fmt: skip
    assert later.at(599, "steps") == later.looks[0]
    page = as_markdown(curves_document(Curves(curves=(later,), by="steps")))
    header, _, row = [line for line in page.splitlines() if line.startswith("|")]
    assert header == "| flow, trained on, scale | 300 steps | at its end |"
    assert f"{later.looks[0].bits_per_dim:.3f} (" in row
    assert row.endswith(" after 600 steps |")
    assert "Time is" not in page


def test_page_data_and_picture_are_written(run, tmp_path):
    curves = Curves(curves=(read_curve(run),))
    page, data, picture = write_curves(curves, tmp_path / "time-to-quality")
    assert f"]({picture.name})" in page.read_text()
    assert Curves.read(data) == curves
    assert curves.curves[0].looks[1].step == 6
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_runs_that_only_seeds_tell_apart_are_drawn_alike(run):
    curve = read_curve(run)
    other = curve.model_copy(update={"name": curve.name.replace("seed 0", "seed 1")})
    wide = curve.model_copy(update={"name": f"wide, {curve.name}"})
    figure = draw_curves(Curves(curves=(curve, wide, other)), "Runs")
    said = [text.get_text().partition(" (AUROC")[0] for text in figure.texts][1:]
    assert said == [curve.name.replace("seed 0", "2 seeds"), wide.name]


def test_a_run_without_looks_is_refused(run):
    run.log_file.write_text("")
    with pytest.raises(OodflowError, match=r"no looks in its log\.jsonl: train it, with a smaller monitor\.every"):
        read_curve(run)


def test_a_set_that_was_not_there_at_every_look_is_not_drawn(run, tmp_path):
    lines = [json.loads(line) for line in run.log_file.read_text().splitlines()]
    del next(line for line in reversed(lines) if "ood" in line)["ood"]["digits"]
    run.log_file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    curve = read_curve(run)
    assert ["digits" in look.auroc for look in curve.looks] == [True, False]
    assert len(write_curves(Curves(curves=(curve,)), tmp_path / "curves")) == 3


LOOK = {"seconds": 9.0, "step": 3, "inside": {"split": "calibration", "bpd": 4.0}, "ood": {}}


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "7",
        *(json.dumps({name: value for name, value in LOOK.items() if name != left}) for left in ("seconds", "ood")),
        json.dumps(LOOK | {"inside": {"bpd": 4.0}}),
        json.dumps(LOOK | {"inside": {"split": "calibration", "bpd": float("nan")}}),
        json.dumps(LOOK | {"step": None}),
    ],
)
def test_a_damaged_log_is_refused_by_name(run, line):
    run.log_file.write_text(run.log_file.read_text() + line + "\n")
    with pytest.raises(OodflowError, match=r"log\.jsonl is damaged or of an older version"):
        read_curve(run)
