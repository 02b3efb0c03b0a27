"""Nothing here depends on the data or the cache of whoever runs it."""

import shutil

import pytest

from oodflow.cli import main
from oodflow.recipes import RECIPES
from oodflow.report.run_report import run_report

METRICS = {
    "auroc": 0.0712, "auroc_low": 0.07, "auroc_high": 0.0765, "aupr_in": 0.5, "aupr_out": 0.5, "fpr95": 1.0,
    "n_in": 10_000, "n_out": 10_000,
}  # fmt: skip
FACTS = {
    "command": "oodflow", "oodflow": "0", "commit": "abc", "date": "2026-01-01T00:00:00", "python": "3", "torch": "2",
    "libraries": {}, "system": "linux", "cpus": 2, "threads": 2, "gpu": None,
}  # fmt: skip
IMPORTED = {
    **FACTS, "checkpoint": "80.pt", "sha256": "a" * 64, "epoch": 80, "original_class": "RealNVP", "arguments": {},
    "flags": {}, "parameters": 1_000,
}  # fmt: skip

SCORES = ("likelihood", "complexity", "typicality?group=5")


@pytest.fixture(autouse=True)
def alone(own_folders):
    """Every test of this folder has folders of its own."""


@pytest.fixture
def record():
    """An evaluated run, as it is stored."""
    data = {
        "name": "fashion_mnist", "split": "test", "images": 10_000, "shape": [1, 28, 28], "fingerprint": "f" * 16,
        "note": "",
    }  # fmt: skip
    evaluated = {**data, "bits_per_dim_std": 0.5, "log_prob": -1900.0}
    inside = {**evaluated, "bits_per_dim": 3.5, "bits_per_dim_bound": 3.5, "role": "in-distribution test", "scores": {}}
    outside = {
        **evaluated, "name": "mnist", "bits_per_dim": 2.25, "bits_per_dim_bound": 2.25, "note": "partial",
        "role": "out-of-distribution",
        "scores": {"likelihood": METRICS},
    }  # fmt: skip
    training = {
        **FACTS, "data": data, "parameters": 1_000, "steps": 4, "epochs": 0.1, "seconds": 1.5, "seconds_in_steps": 1.2,
        "images_per_second": 9.0, "skipped_steps": 0, "device": "cpu",
    }  # fmt: skip
    return {
        "run": {
            "schema_version": 1, "config": RECIPES["fashion-mnist-realnvp"]("cpu").model_dump(mode="json"),
            "training": training,
        },
        "evaluation": {
            "schema_version": 2, "provenance": FACTS, "step": 4, "weights": None, "device": "cpu", "scores": {},
            "options": {"seed": 0, "draws": 1, "limit": None}, "left_out": {}, "replaces": None,
            "sets": [inside, outside],
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def evaluated(trained, sets, tmp_path_factory):
    """A run that has been evaluated and explained, to be read only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OODFLOW_CACHE", str(tmp_path_factory.mktemp("cache")))
        run = tmp_path_factory.mktemp("evaluated") / "run"
        shutil.copytree(trained, run)
        assert main(["evaluate", str(run), "--scores", *SCORES]) == 0
        assert main(["explain", str(run), "--limit", "8", "--draws", "2"]) == 0
    return run


@pytest.fixture
def copy(evaluated, tmp_path):
    """A copy of it, to do with as one likes."""
    return shutil.copytree(evaluated, tmp_path / "run")


@pytest.fixture(scope="module")
def report(evaluated):
    return run_report([evaluated])
