"""A flow of what an outside model makes of images: trained, watched and asked from the command line."""

import json

import pytest

from oodflow.data import load
from oodflow.runs import RunDir
from oodflow.testing.encoders import save_encoder

pytest.importorskip("transformers", reason="an outside model needs transformers: oodflow[encoders]")

SCORES = ("likelihood", "embedding-mahalanobis", "embedding-mixture?components=2", "embedding-neighbours")


@pytest.mark.parametrize("options", ["", "&length=1"])
def test_a_flow_of_vectors(oodflow, own_folders, sets, tmp_path, options, rendered):
    encoder = save_encoder(tmp_path / "encoder")
    inside, outside = (f"{one}?encoder={encoder}{options}" for one in (sets.inside, sets.outside))
    run = tmp_path / "run"
    settings = [f"data={inside}", f"ood={outside}", "--scale", "smoke", "--out", run]
    assert oodflow("train", "embeddings-realnvp", *settings).code == 0
    said = oodflow("evaluate", run, "--scores", *SCORES, "--json")
    assert said.code == 0, said.err
    (folder,) = RunDir(run).evaluations_dir.iterdir()
    evaluation = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    mine, other = evaluation["sets"]
    assert (mine["shape"], mine["fingerprint"]) == ([8], load(inside, "test").fingerprint)
    assert set(other["scores"]) == set(SCORES)
    assert (folder / "likelihoods.png").exists()
    other = "" if options else "&length=1"
    said = oodflow("evaluate", run, "--ood", f"{sets.outside}?encoder={encoder}{other}")
    assert said.code == 2
    assert said.error.endswith("write length=1." if options else "leave length out.")
