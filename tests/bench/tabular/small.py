"""Detectors that take no time."""

from typing import Self

import numpy as np

from oodflow.bench.tabular import TabularOptions

QUICK = ("flow", "norm")


class Norm:
    """What is far from the origin is not normal."""

    def fit(self, rows) -> Self:
        return self

    def score_samples(self, rows):
        return -np.linalg.norm(rows, axis=1)


class FromMean(Norm):
    """What is far from the mean is not."""

    def fit(self, rows) -> Self:
        self.mean = rows.mean(0)
        return self

    def score_samples(self, rows):
        return -np.linalg.norm(rows - self.mean, axis=1)


def asked(tables, **options):
    return TabularOptions(**{"tables": tuple(map(str, tables)), "methods": QUICK, "seeds": (0, 1)} | options)
