"""``oodflow evaluate`` and ``oodflow compare``: what is printed."""

import json
import shutil


def test_table(oodflow, run, sets):
    result = oodflow("evaluate", run, "--scores", "likelihood", "complexity")
    assert result.code == 0
    for word in ("bits/dim", "AUROC %", "likelihood", "complexity", sets.inside, sets.outside, "in-distribution"):
        assert word in result.out
    (folder,) = (run / "evaluations").iterdir()
    assert f"Wrote {folder}\n" in result.out


def test_several_runs_come_one_after_the_other(oodflow, run, sets, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(run, other)
    result = oodflow("evaluate", run, other, "--scores", "likelihood", "compressed-size")
    assert result.code == 0
    assert result.out.index(str(run)) < result.out.index(str(other))
    assert result.out.count("| data set (images) |") == 2
    for path in (run, other):
        (folder,) = (path / "evaluations").iterdir()
        assert (folder / "heat-map.png").exists()
    one, two = json.loads(oodflow("evaluate", run, other, "--json").out)
    assert one["sets"] == two["sets"]
    result = oodflow("evaluate", run, tmp_path / "missing")
    assert result.code == 2 and "missing" in result.error


def test_json_is_all_there_is_on_stdout(oodflow, run):
    result = oodflow("evaluate", run, "--json")
    (written,) = (run / "evaluations").glob("*/evaluation.json")
    assert json.loads(result.out) == json.loads(written.read_text())


def test_compare_prints_a_page(oodflow, run, sets):
    assert "has not been evaluated: run `oodflow evaluate" in oodflow("compare", run).error
    oodflow("evaluate", run)
    page = oodflow("compare", run).out
    assert page.startswith("# Runs\n")
    assert (
        f"| RealNVP with convnets and actnorm, {sets.inside} | smoke, other data, other ood, monitor.every=100 |"
        in page
    )
    assert f"`oodflow evaluate {run}`" in page
    assert json.loads(oodflow("compare", run, "--json").out)["runs"][0]["run"]["config"]["scale"] == "smoke"


def test_compare_writes_page_and_data(oodflow, run, tmp_path):
    oodflow("evaluate", run)
    for name in ("table-0.5", "table-0.5.md"):  # not with_suffix, which would cut the number
        result = oodflow("compare", run, run, "--write", tmp_path / "results" / name)
        page, data = tmp_path / "results/table-0.5.md", tmp_path / "results/table-0.5.json"
        assert result.out == f"Wrote {page} and {data}\n"
        assert page.read_text().startswith("# Table 0.5\n")
        assert len(json.loads(data.read_text())["runs"]) == 2
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["table-0.5.json", "table-0.5.md"]


def test_compare_shows_the_fullest_evaluation_or_the_one_that_is_named(oodflow, run):
    for limit in (3, 5):
        oodflow("evaluate", run, "--limit", limit)
    assert "at most 5 images" in oodflow("compare", run).out
    first = next(folder for folder in (run / "evaluations").iterdir() if "limit-3" in folder.name)
    assert "at most 3 images" in oodflow("compare", first).out
