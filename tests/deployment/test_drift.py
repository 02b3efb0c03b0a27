"""Drift of a stream, on demand."""

import json

import numpy as np

from .conftest import write_csv


def test_drift_is_summed_up(oodflow, table, tmp_path):
    steady = write_csv(tmp_path / "steady.csv", table.rows)
    shifted = write_csv(tmp_path / "shifted.csv", table.rows + np.array([60, 0, 0]))
    result = oodflow("detect", table.run, steady, "--drift")
    said = " ".join(result.err.split())
    assert "drift: over 100 data the log10 of the martingale is " in said
    assert "it never passed 100, which a stream that is exchangeable with the held-out data ever does with" in said
    assert "a probability of at most 0.01 (Ville's inequality)" in said
    result = oodflow("detect", table.run, steady, shifted, "missing.csv", "--json", "--drift-level", 1000)
    *_, last = map(json.loads, result.out.splitlines())
    drift = last["drift"]
    assert (drift["data"], drift["level"]) == (200, 1000)
    assert drift["highest"] >= drift["log10"] > 3
    assert drift["passed"]["file"] == str(shifted)
    assert drift["passed"]["number"] == 100 + drift["passed"]["row"] < 130
    said = " ".join(oodflow("detect", table.run, steady, shifted, "--drift").err.split())
    assert f"({shifted}, row " in said


def test_the_random_part_has_a_seed(oodflow, table, tmp_path):
    file = write_csv(tmp_path / "x.csv", table.rows)
    first, again, other = (
        json.loads(oodflow("detect", table.run, file, "--drift", "--json", "--seed", seed).out.splitlines()[-1])
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_what_was_seen_is_summed_up_when_it_is_stopped(oodflow, table, stdin):
    class Stopped:
        pieces = (b"40,70,1.7\n", b"41,70,1.7\n")

        def read1(self, size):
            if not self.pieces:
                raise KeyboardInterrupt
            piece, *self.pieces = self.pieces
            return piece

    stdin(Stopped())
    result = oodflow("detect", table.run, "-", "--drift")
    assert result.code == 130
    assert len(result.out.splitlines()) == 3
    assert "over 2 data" in result.err
    assert result.err.endswith("oodflow: stopped.\n")


def test_levels(oodflow, table, tmp_path):
    file = write_csv(tmp_path / "x.csv", np.zeros((1, 3)))
    result = oodflow("detect", table.run, file, "--drift-level", 1)
    assert result.code == 2 and "the level of drift is 1: expected a number above 1" in result.error
