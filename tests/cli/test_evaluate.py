"""``oodflow evaluate`` and ``oodflow compare``: what is printed."""

import json


def test_table(oodflow, run, sets):
    result = oodflow("evaluate", run, "--scores", "likelihood", "complexity")
    assert result.code == 0
    for word in ("bits/dim", "AUROC %", "likelihood", "complexity", sets.inside, sets.outside, "in-distribution"):
        assert word in result.out
    assert f"Wrote {run / 'likelihoods.png'}, {run / 'samples.png'} and {run / 'record.json'}" in result.out


def test_json_is_all_there_is_on_stdout(oodflow, run):
    result = oodflow("evaluate", run, "--json")
    assert json.loads(result.out) == json.loads((run / "record.json").read_text())["evaluation"]


def test_compare_prints_a_page(oodflow, run, sets):
    assert "has not been evaluated: run `oodflow evaluate" in oodflow("compare", run).error
    oodflow("evaluate", run)
    page = oodflow("compare", run).out
    assert page.startswith("# Runs\n")
    assert f"| RealNVP, {sets.inside} | smoke, other data, other ood, monitor.every=100 |" in page
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
