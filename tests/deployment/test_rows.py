"""``oodflow detect`` of rows: in files, by name or by place, and as they come."""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest

import oodflow as package
from oodflow.data import load
from oodflow.data.scaled import scaled
from oodflow.deployment.detect import open_detector
from oodflow.deployment.embedded import Embedded
from oodflow.deployment.options import DetectionOptions
from oodflow.deployment.rows import Rows
from oodflow.deployment.standard_input import Lines
from oodflow.runs import RunConfig, RunDir

from .conftest import NAMES, column, lines_of, write_csv


@pytest.fixture
def expected(table):
    return (-package.load(table.run).log_prob(table.rows)).tolist()


def test_every_kind_of_file(oodflow, table, expected, tmp_path):
    rows = table.rows
    files = [write_csv(tmp_path / "people.csv", rows), write_csv(tmp_path / "nameless.csv", rows, names=None)]
    np.save(tmp_path / "rows.npy", rows)
    np.savez(tmp_path / "rows.npz", X=rows)
    files += [tmp_path / "rows.npy", tmp_path / "rows.npz"]
    if importlib.util.find_spec("pyarrow"):
        import pyarrow
        from pyarrow import parquet

        parquet.write_table(pyarrow.table(dict(zip(NAMES, rows.T, strict=True))), tmp_path / "rows.parquet")
        files.append(tmp_path / "rows.parquet")
    result = oodflow("detect", table.run, *files, "--batch-size", 30)
    assert result.code == 0, result.out
    assert column(result, "file") == [str(file) for file in files for _ in rows]
    assert column(result, "row") == [*range(len(rows))] * len(files)
    assert column(result, "score") == pytest.approx(expected * len(files), rel=1e-4)


def test_a_folder(oodflow, table, expected, tmp_path):
    for folder in ("days/b", "days/.hidden", "days/a"):
        (tmp_path / folder).mkdir(parents=True)
    files = [write_csv(tmp_path / f"days/{name}.csv", table.rows) for name in ("1", "a/2", "b/3")]
    write_csv(tmp_path / "days/.hidden/4.csv", table.rows)
    (tmp_path / "days/notes.md").write_text("no table")
    (tmp_path / "days/a/empty.csv").write_text("")
    result = oodflow("detect", table.run, tmp_path / "days")
    assert result.code == 1
    scored = [line for line in lines_of(result) if line["verdict"] != "error"]
    assert [line["file"] for line in scored] == [str(file) for file in files for _ in table.rows]
    assert [float(line["score"]) for line in scored] == pytest.approx(3 * expected, rel=1e-4)
    (broken,) = (line for line in lines_of(result) if line["verdict"] == "error")
    assert "empty.csv: the file is empty" in broken["error"]


def test_columns_are_found_by_their_names(oodflow, table, expected, tmp_path):
    more = np.column_stack([table.rows[:, ::-1], np.arange(len(table.rows))])
    file = write_csv(tmp_path / "turned.csv", more, [*NAMES[::-1], "number"])
    assert column(oodflow("detect", table.run, file), "score") == pytest.approx(expected, rel=1e-4)
    for name, rows, names, why in (
        ("lacks", table.rows, ["age", "weight", "size"], "it lacks 'height', which the flow was trained on"),
        ("wide", more, None, "its rows have 4 columns but the flow was trained on 3"),
    ):
        (line,) = lines_of(oodflow("detect", table.run, write_csv(tmp_path / f"{name}.csv", rows, names)))
        assert why in line["error"]


def test_a_broken_row_has_a_line_of_its_own_and_the_rest_goes_on(oodflow, table, stdin, tmp_path):
    text = "age,weight,height\n40,70,1.7\n40,,1.7\n40,much,1.7\n40,70\n40,inf,1.7\n41,71,1.71\n"
    (tmp_path / "broken.csv").write_text(text)
    stdin(text.encode())
    for result in (oodflow("detect", table.run, tmp_path / "broken.csv"), oodflow("detect", table.run, "-")):
        assert result.code == 1
        assert column(result, "row") == [0, 1, 2, 3, 4, 5]
        assert [one == "error" for one in column(result, "verdict")] == [False, True, True, True, True, False]
        assert column(result, "error")[1:5] == [
            "column 'weight' is missing or NaN", "column 'weight' is 'much', no number",
            "the row has 2 fields but the first line has 3", "column 'weight' is infinite",
        ]  # fmt: skip


def test_broken_files(oodflow, table, tmp_path):
    good = write_csv(tmp_path / "good.csv", table.rows[:1])
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "damaged.npz").write_bytes(b"PK")
    (tmp_path / "picture.png").write_bytes(b"")
    np.save(tmp_path / "images.npy", np.zeros((2, 1, 8, 8), np.uint8))
    bad = np.array([[1.0, np.nan, 2.0], [40.0, 70.0, 1.7]])
    np.save(tmp_path / "gap.npy", bad)
    names = ("empty.csv", "damaged.npz", "picture.png", "images.npy", "gap.npy", "missing.csv")
    (tmp_path / "nothing").mkdir()
    result = oodflow("detect", table.run, *(tmp_path / name for name in names), tmp_path / "nothing", good)
    assert result.code == 1
    assert "nothing: no tables in it (" in result.out
    assert [one == "error" for one in column(result, "verdict")] == [True] * 5 + [False] + [True] * 2 + [False]
    assert all(name in error for name, error in zip(names[:4], column(result, "error"), strict=False))
    assert column(result, "error")[4] == "column 'weight' is missing or NaN"


def test_rows_on_standard_input(oodflow, table, expected, stdin, tmp_path):
    file = write_csv(tmp_path / "people.csv", table.rows)
    for text in (file.read_bytes(), file.read_bytes().replace(b",", b";"), file.read_bytes().partition(b"\n")[2]):
        stdin(text)
        result = oodflow("detect", table.run, "-")
        assert column(result, "score") == pytest.approx(expected, rel=1e-4)
        assert {*column(result, "file")} == {"-"}
    stdin(f"{file}\n".encode())
    named = oodflow("detect", table.run, "-", "--stdin", "names")
    assert column(named, "file") == [str(file)] * len(expected)
    stdin(b"")
    assert oodflow("detect", table.run, "-").out.splitlines() == ["file,row,score,p_value,verdict,error"]
    stdin(b"\xff\xfe\n")
    assert oodflow("detect", table.run, "-").code == 1


def test_names_on_standard_input_are_paths_as_on_the_command_line(
    oodflow, table, expected, stdin, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    file = write_csv(tmp_path / "people.csv", table.rows)
    stdin(b"~/people.csv\n~/none.csv\nnul\0.csv\n~/people.csv\n")
    named = oodflow("detect", table.run, "-", "--stdin", "names")
    rows = len(expected)
    assert named.code == 1
    assert column(named, "file") == [str(file)] * rows + ["~/none.csv", "nul\0.csv"] + [str(file)] * rows
    assert str(tmp_path / "none.csv") in column(named, "error")[rows]
    assert "expected the path of a file or folder" in column(named, "error")[rows + 1]


def test_what_has_come_is_judged_before_more_is_waited_for(table):
    """A stream of pieces, the second of which ends in the middle of a row, is asked for no more than there is."""
    pieces = [b"age,weight,height\n40,70,1.7\n41,71,1.7\n", b"42,72,1.7\n43,", b"73,1.7\n", b""]
    seen, judged = [], 0

    class Pieces:
        def read1(self, size):
            seen.append(judged)
            return pieces[len(seen) - 1]

    detector = open_detector(RunDir.open(table.run), DetectionOptions())
    for findings in detector.judge(detector.reader.read_all(["-"], Lines(Pieces()), names=False)):
        judged += len(findings)
    assert seen == [0, 2, 3, 4]


def test_a_row_that_cannot_be_scored_does_not_take_others_with_it(oodflow, table_of, tmp_path):
    table = table_of("reals")
    rows = table.rows[:9].copy()
    rows[4] = 1e30
    file = write_csv(tmp_path / "far.csv", rows)
    result = oodflow("detect", table.run, file)
    assert result.code == 1
    assert [one == "error" for one in column(result, "verdict")] == [i == 4 for i in range(9)]
    assert "it can't be scored: the flow gives 1 of 1" in column(result, "error")[4]


def test_verdicts_keep_the_rate(oodflow, table, tmp_path):
    spec = RunDir.open(table.run).config().data
    test = write_csv(tmp_path / "test.csv", load(spec, "test").batch(slice(None)))
    far = write_csv(tmp_path / "far.csv", table.rows + np.array([60, 0, 0]))
    assert column(oodflow("detect", table.run, test, "--fpr", 0.1), "verdict").count("ood") < 15
    assert {*column(oodflow("detect", table.run, far, "--fpr", 0.1), "verdict")} == {"ood"}


@pytest.fixture
def run_of(tmp_path):
    """Make a run over what a data set's name says, whose likelihood depends on each number's place and size."""

    def make(spec):
        rows = load(spec, "train")
        flow = package.fit("tabular", rows, steps=3, progress=False, domain="standardised", width=4, couplings=2)
        run = RunDir(tmp_path / "of-spec")
        shutil.rmtree(run.path, ignore_errors=True)
        config = {"recipe": "people", "scale": "cpu", "data": spec, "training": None}
        run.write_config(RunConfig(**config, flow=flow.config))
        flow.save(run.weights_file)
        return run.path, (-flow.log_prob(load(spec, "all").batch(slice(None)))).tolist()

    return make


def german(path, rows):
    """Write rows with commas before decimals, semicolons between them, and a first line of numbers."""
    lines = [";".join(f"{number!r}".replace(".", ",") for number in row) for row in rows.tolist()]
    path.write_text("\n".join(["1;2;3", *lines]))
    return path


def test_rows_become_what_training_made_of_them(detect, run_of, stdin, tmp_path):
    rows = np.random.default_rng(1).normal([40, 70, 1.7], [10, 8, 0.1], (200, 3))
    labels = (np.arange(200) % 2).astype(float)
    nameless = write_csv(tmp_path / "nameless.csv", rows, None)
    labelled = write_csv(tmp_path / "labelled.csv", np.column_stack([labels, rows]), None)
    np.save(tmp_path / "rows.npy", rows)
    np.savez(tmp_path / "rows.npz", X=rows[:, ::-1], other=rows, y=labels)
    comma = german(tmp_path / "comma.csv", rows)
    for spec in (
        f"npy:{tmp_path / 'rows.npy'}?columns=2,1",
        f"npy:{tmp_path / 'rows.npy'}?columns=3,1,2",
        f"npy:{tmp_path / 'rows.npy'}?columns=3,1,2&without=1",
        f"csv:{nameless}?without=2",
        f"csv:{nameless}?columns=3,2,1&header=no",
        f"csv:{labelled}?label=1",
        f"csv:{comma}?decimal=comma&header=yes&delimiter=semicolon",
        f"csv:{comma}?decimal=comma&header=yes&columns=3,1",
        f"npz:{tmp_path / 'rows.npz'}?array=other",
        f"npz:{tmp_path / 'rows.npz'}?array=other&label=y&columns=2,3",
    ):
        run, expected = run_of(spec)
        path = spec.partition(":")[2].partition("?")[0]
        result = detect(run, path)
        assert column(result, "score") == pytest.approx(expected, rel=1e-4), spec
        if spec.startswith("csv:"):
            stdin(Path(path).read_bytes())
            assert column(detect(run, "-"), "score") == pytest.approx(expected, rel=1e-4), spec


def test_columns_without_names(detect, run_of, tmp_path):
    rows = np.random.default_rng(1).normal([40, 70, 1.7], [10, 8, 0.1], (200, 3))
    np.save(tmp_path / "rows.npy", rows)
    for options, left, same in (("without=2", [0, 2], True), ("label=3", [0, 1], True), ("columns=3,1", [2, 0], False)):
        run, expected = run_of(f"npy:{tmp_path / 'rows.npy'}?{options}")
        named = write_csv(tmp_path / "named.csv", rows)
        assert column(detect(run, named), "score") == pytest.approx(expected, rel=1e-4), "by their numbers"
        np.save(tmp_path / "left.npy", rows[:, left])
        result = detect(run, tmp_path / "left.npy")
        if same:
            assert column(result, "score") == pytest.approx(expected, rel=1e-4), "what is no feature may be missing"
        else:
            (line,) = lines_of(result)
            assert "its rows have 2 columns but the flow was trained on 2, numbers 3, 1 of their rows" in line["error"]


def test_vectors_are_brought_to_the_length_that_was_trained_on(table, tmp_path):
    rows = np.random.default_rng(0).normal(size=(5, 3))
    rows[1] = 0
    np.save(tmp_path / "rows.npy", rows)
    write_csv(tmp_path / "rows.csv", rows, None)
    flow = package.load(table.run)
    reader = Rows(flow, "photographs?encoder=some/model&length=2", ())
    for file in ("rows.npy", "rows.csv"):
        found = np.stack([datum.values for datum in reader.read(tmp_path / file)])
        np.testing.assert_allclose(found, scaled(rows, 2.0))
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), [2, 0, 2, 2, 2])
    whole = Rows(flow, "photographs?encoder=some/model", ())
    np.testing.assert_allclose(np.stack([datum.values for datum in whole.read(tmp_path / "rows.npy")]), rows)


def test_of_a_folder_a_flow_of_embeddings_lists_the_pictures(table, tmp_path):
    """Which is what it reads of one; a table has to be named."""
    for name in ("b.png", "a.csv", "a.png"):
        (tmp_path / name).touch()
    reader = Embedded(package.load(table.run), "photographs?encoder=some/model", ())
    assert [*reader.files(tmp_path)] == [tmp_path / "a.png", tmp_path / "b.png"]
