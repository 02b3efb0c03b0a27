import numpy as np
import pytest
from scipy import stats

from oodflow.errors import UsageError
from oodflow.metrics import compare_ranks

VALUES = np.random.default_rng(0).normal(size=(12, 5)) + np.array([0, 0, 0.5, 1, 3])


def test_ranks_are_from_the_best_on_and_ties_share_theirs():
    compared = compare_ranks([[0.9, 0.5, 0.9], [0.1, 0.2, 0.3]])
    assert compared.ranks.tolist() == [[1.5, 3, 1.5], [3, 2, 1]]
    assert compared.average.tolist() == [2.25, 2.5, 1.25]
    assert compared.order == (2, 0, 1)


# Demšar (2006), table 5(a): studentised ranges at 0.05 over the root of 2.
@pytest.mark.parametrize(("methods", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (7, 2.949), (10, 3.164)])
def test_the_critical_difference_is_the_published_one(methods, q):
    values = np.random.default_rng(0).normal(size=(14, methods))
    expected = q * np.sqrt(methods * (methods + 1) / (6 * 14))
    assert compare_ranks(values).critical_difference == pytest.approx(expected, rel=5e-4)
    assert compare_ranks(values, level=0.01).critical_difference > expected


def test_friedman_is_its_formula_and_its_p_value_that_of_chi_squared():
    compared = compare_ranks(VALUES)
    sets, methods = VALUES.shape
    squares = (compared.average**2).sum() - methods * (methods + 1) ** 2 / 4
    assert compared.friedman == pytest.approx(12 * sets / (methods * (methods + 1)) * squares)
    assert compared.p_value == pytest.approx(stats.chi2.sf(compared.friedman, methods - 1))


@pytest.mark.parametrize("values", [[[1, 2], [2, 1]], [[1, 2, 3]], [[1, 1, 1], [2, 2, 2]]], ids=["two", "one", "tied"])
def test_where_friedman_has_nothing_to_say(values):
    compared = compare_ranks(values)
    assert compared.friedman is compared.p_value is None
    assert np.isfinite(compared.critical_difference)


def test_groups_are_the_largest_without_two_that_differ():
    compared = compare_ranks(VALUES)
    order = compared.order
    assert order[0] == 4
    for group in compared.groups:
        places = sorted(order.index(method) for method in group)
        assert places == list(range(places[0], places[-1] + 1))
        assert compared.alike(order[places[0]], order[places[-1]])
        assert places[0] == 0 or not compared.alike(order[places[0] - 1], order[places[-1]])
        assert places[-1] == 4 or not compared.alike(order[places[0]], order[places[-1] + 1])
    joined = {(one, other) for group in compared.groups for one in group for other in group if one != other}
    assert joined == {(i, j) for i in range(5) for j in range(5) if i != j and compared.alike(i, j)}


def test_methods_that_all_differ_are_in_no_group():
    assert compare_ranks(np.tile([3.0, 2.0, 1.0], (100, 1))).groups == ()


@pytest.mark.parametrize("values", [[], [1, 2], [[1], [2]], [[1, np.nan]]])
def test_what_is_no_table_is_refused(values):
    with pytest.raises(UsageError, match="expected numbers"):
        compare_ranks(values)


def test_a_level_is_a_share():
    with pytest.raises(UsageError, match="level is 5"):
        compare_ranks(VALUES, level=5)
