"""The contract of a statistic, as a test that anyone can run on a statistic of their own."""

import copy
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from oodflow.data import DataSet
from oodflow.statistics import Density, Observation, Statistic, Store, deal
from oodflow.testing.observations import SHAPES, example_data, example_flow, select

Subject = tuple[Density | None, DataSet]


def check_statistic(statistic: Statistic) -> None:
    """Test that a statistic keeps its contract.

    Of images, vectors, flows and other densities, as far as it applies to them: it has the shape that it says, of
    finite floats; it is the same again, in any order and in batches of any size but for rounding, and one of groups
    whatever other groups there are; the seed decides it where it is random, or deals groups, and nowhere else; of
    several draws each is computed once; it is read back from a store as it was written; its settings survive JSON.

    Args:
        statistic: its settings.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.statistics import LogProb
        >>> check_statistic(LogProb())
    """
    again = type(statistic).model_validate_json(statistic.model_dump_json())
    assert again == statistic, "settings survive JSON"
    assert hash(again) == hash(statistic), "settings can be hashed"
    assert statistic.quantity, "a statistic says what its numbers are"
    applicable = [(model, data) for model, data in _subjects() if statistic.why_not(model, data) is None]
    assert applicable, "a statistic can be computed of some kind of data"
    for model, data in applicable:
        values = Observation(model, data)[statistic]
        expected = (len(data) // statistic.group_size, *statistic.shape(model, data))
        assert values.shape == expected, f"it has the shape that it says, {expected}, not {values.shape}"
        _check_alone(statistic, model, data, values)
        _check_noise(statistic, model, data, values)
        _check_store(statistic, model, data)


def _subjects() -> list[Subject]:
    """Put together models and data: flows in float64, where another batch size shows nothing but mistakes."""
    flows: list[Subject] = [(copy.deepcopy(example_flow(kind)).double(), example_data("test", kind)) for kind in SHAPES]
    vectors = example_data("test", "vectors")
    normal = torch.distributions.Independent(torch.distributions.Normal(torch.zeros(6), torch.ones(6)), 1)
    return [*flows, (normal, vectors), *((None, data) for _, data in flows)]


def _check_alone(statistic: Statistic, model: Density | None, data: DataSet, values: Any) -> None:
    same = Observation(model, data)[statistic]
    assert np.array_equal(same, values), "it is the same again"
    small = Observation(model, data, batch_size=7)[statistic]
    assert _close(small, values), "it does not depend on the batch size"
    order = np.random.default_rng(3).permutation(len(values))[: max(1, len(values) // 3)]
    some = Observation(model, select(data, _rows(order, len(data), statistic.group_size)))[statistic]
    assert _close(some, values[order]), "it does not depend on the images, or groups, beside it or their order"


def _rows(order: Any, images: int, size: int) -> Any:
    """Find the images of which the groups with these numbers will be dealt, in this order, each turned around."""
    if size == 1:
        return order
    rows = np.empty(len(order) * size, int)
    rows[deal(len(rows), size, 0)] = deal(images, size, 0)[order, ::-1]
    return rows


def _check_noise(statistic: Statistic, model: Density | None, data: DataSet, values: Any) -> None:
    seeded = Observation(model, data, seed=1)[statistic]
    if statistic.random(model, data) or statistic.group_size > 1:
        assert not np.array_equal(seeded, values), "another seed gives other values, where it says that it is random"
    else:
        assert np.array_equal(seeded, values), "the seed changes nothing, where it says that it is not random"
    assert np.array_equal(statistic.average(values, 1), values), "a single draw is averaged to itself"
    average = statistic.average(statistic.add(statistic.add(values, values), values), 3)
    assert _close(average, values), "equal draws are averaged to the same"
    assert average.shape == values.shape, "draws are averaged to the shape of one"


def _check_store(statistic: Statistic, model: Density | None, data: DataSet) -> None:
    passes: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        settings: dict[str, Any] = {
            "store": Store(Path(folder), "weights"), "batch_size": len(data),
            "progress": lambda done, total: passes.append(done),
        }  # fmt: skip
        first = Observation(model, data, draws=2, **settings)[statistic]
        computed = len(passes)
        second = Observation(model, data, draws=2, **settings)[statistic]
        assert np.array_equal(second, first), "it is read from a store as it was written"
        if any(Path(folder).iterdir()):  # nothing is kept of a statistic that is in no file
            assert len(passes) == computed, "what is in a store is not computed again"
            Observation(model, data, draws=3, **settings)[statistic]
            more = int(statistic.random(model, data))
            assert len(passes) == computed + more, "of several draws each is computed once"


def _close(one: Any, other: Any) -> bool:
    return bool(np.allclose(one, other, rtol=1e-6, atol=1e-6))
