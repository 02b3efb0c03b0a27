"""``oodflow demo``."""

import json


def test_demo(oodflow, tmp_path):
    (tmp_path / "here/runs/demo-1").mkdir(parents=True)
    result = oodflow("demo", "--scale", "smoke")
    assert result.code == 0, result.err
    run = tmp_path / "here/runs/demo-2"  # the next that is free
    for name in ("photographs", "digits", "flat", "smooth", "noise", "likelihood", "complexity"):
        assert name in result.out
    record = json.loads((run / "record.json").read_text())
    (folder,) = (run / "evaluations").iterdir()
    sets = json.loads((folder / "evaluation.json").read_text())["sets"]
    assert [one["name"] for one in sets] == ["photographs", "digits", "flat", "smooth", "noise"]
    assert record["training"]["command"] == "oodflow demo --scale smoke"
    assert (folder / "likelihoods.png").exists()
    assert (folder / "samples.png").exists()
