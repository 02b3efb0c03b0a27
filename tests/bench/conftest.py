"""A made-up record, and folders of one's own for every test."""

import pytest

from oodflow.bench.record import BenchRecord
from oodflow.bench.rounds import summary


@pytest.fixture(autouse=True)
def alone(own_folders):
    """Nothing here depends on the data or the cache of whoever runs it."""


def speed(images):
    return {
        "flop_per_image": 2_000_000_000,
        "images_per_second": summary([images]),
        "flop_per_second": summary([2e9 * images]),
    }


def result(share, images):
    return {
        **speed(images),
        "limit_flop_per_second": summary([2e9 * images / share]),
        "share": summary([0.9 * share, share, 1.05 * share]),
    }


@pytest.fixture
def record():
    """What `bench` returns, of a flow, a peer that is there and one that is not."""
    speeds = {"theirs": speed(100), "ours": speed(250)}
    duel = {
        "theirs": "Glow of width 64", "ours": "the same", "flow": "Glow",
        "parameters": {"theirs": 1_000, "ours": 1_001},
        "train": {"ratio": summary([2.5]), **speeds}, "score": {"ratio": summary([0.8]), **speeds},
    }  # fmt: skip
    flow = {
        "recipe": "mnist-glow", "scale": "cpu", "flow": "Glow", "shape": [1, 28, 28], "parameters": 12_345,
        "skipped_steps": 0, "train": result(0.4, 8), "score": result(0.6, 1_500),
        "memory": {
            "stored": {"import_bytes": 2**28, "growth_bytes": 300 * 2**20},
            "reversible": {"import_bytes": 2**28, "growth_bytes": 150 * 2**20},
        },
        "reversible_time": {"median": 1.25, "low": 1.2, "high": 1.3},
        "bfloat16_speedup": {"median": 1.75, "low": 1.5, "high": 1.8},
    }  # fmt: skip
    rates = {f"{what}_flop_per_second": summary([1e11]) for what in ("forward", "train", "product")}
    provenance = {
        "command": "oodflow bench", "commit": "abc", "date": "2026-01-01T00:00:00", "cpus": 2, "threads": 1,
        "oodflow": "0.1.0", "torch": "2", "python": "3", "system": "linux", "libraries": {}, "gpu": None,
    }  # fmt: skip
    return BenchRecord.model_validate({
        "provenance": provenance, "options": {"recipes": ["mnist-glow"], "scales": ["cpu"]}, "cpu": "Abacus 9",
        "load": 0.25, "batch": 32, "flows": [flow],
        "peers": [
            {"peer": "other", "release": "1.0", "duel": duel}, {"peer": "absent", "missing": "not installed"}
        ],
        "limits": {
            "layers": [{"channels": 64, "size": [14, 14], "name": "64 channels, 14x14", **rates}],
            "copy_bytes_per_second": summary([2e10]),
        },
        "surroundings": {
            "recipe": "photographs-realnvp", "scale": "cpu", "loading": summary([0.01]),
            "scores": {"complexity": summary([0.25])},
            "evaluate": {"seconds": summary([0.5]), "images": summary([700.0])},
        },
        "startup": {
            "seconds": {"python": summary([0.01]), "oodflow --help": summary([0.04])},
            "ratios": {"oodflow --help": summary([4.0])}, "beside": {"oodflow --help": "python"},
        },
    })  # fmt: skip
