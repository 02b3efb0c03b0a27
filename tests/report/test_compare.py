"""Tables of runs beside the paper's numbers."""

from copy import deepcopy

import pytest

from oodflow.document import as_markdown
from oodflow.recipes import RECIPES
from oodflow.report.comparison import comparison_document
from oodflow.report.evaluated_runs import Comparison

from .conftest import IMPORTED, METRICS


def page_of(*records):
    comparison = Comparison.parse({"schema_version": 1, "runs": list(records)})
    return as_markdown(comparison_document(comparison))


def test_the_papers_number_stands_beside_ours(record):
    page = page_of(record).splitlines()
    assert (
        "| RealNVP with convnets and actnorm, fashion_mnist | cpu | 3.500 | mnist | 2.250 | 7.1 [7.0, 7.6] | 10.8 |"
        in page
    )
    assert any("`ffffffffffffffff`; partial" in line for line in page)
    assert not any(line.startswith("## Other scores") for line in page)


def test_other_scores_have_a_table_of_their_own(record):
    record["evaluation"]["sets"][1]["scores"]["complexity"] = {**METRICS, "auroc": 0.98}
    page = page_of(record).splitlines()
    assert "| flow, trained on | asked about | likelihood | complexity |" in page
    assert "| RealNVP with convnets and actnorm, fashion_mnist | mnist | 7.1 | 98.0 |" in page
    assert "> A flow trained on fashion_mnist finds mnist more likely" in "\n".join(page)
    assert sum(line.startswith("|") and "complexity" in line for line in page) == 1


def test_a_changed_recipe_is_marked_and_another_seed_is_not(record):
    changed, seeded = deepcopy(record), deepcopy(record)
    changed["run"]["config"]["flow"]["width"] += 1
    seeded["run"]["config"]["training"]["seed"] = 3
    page = page_of(changed, seeded)
    assert page.count(f"| cpu, flow.width={changed['run']['config']['flow']['width']} |") == 1
    assert page.count("| cpu |") == 1


def test_what_the_paper_does_not_tell_stays_empty(record):
    record["evaluation"]["sets"][1]["name"] = "npy:mine.npy"
    assert "| npy:mine.npy | 2.250 | 7.1 [7.0, 7.6] |  |" in page_of(record)


def of_rows(record):
    """The record of a run over rows of three numbers."""
    other = deepcopy(record)
    other["run"]["config"] = RECIPES["tabular-realnvp"]("cpu").model_dump(mode="json") | {"data": "csv:a.csv"}
    for evaluated, name, log_prob in zip(
        other["evaluation"]["sets"], ("csv:a.csv", "csv:b.csv"), (1.25, -7.5), strict=True
    ):
        evaluated |= {"name": name, "unit": "rows", "shape": [3], "log_prob": log_prob, "bits_per_dim": 9.999}
    return other


def test_of_rows_the_log_density_is_in_nats_and_of_images_in_a_table_of_their_own(record):
    rows = of_rows(record)
    page = page_of(rows)
    assert "| scale | log p, nats | asked about | log p, nats | AUROC" in page
    assert "| 1.250 | csv:b.csv | −7.500 | 7.1 [7.0, 7.6] |  |" in page
    assert "bits/dim" not in page
    assert "9.999" not in page
    seeded = deepcopy(rows)
    seeded["run"]["config"]["training"]["seed"] = 1
    seeded["evaluation"]["sets"][0]["log_prob"] = 1.5
    assert "| 1.375 ± 0.177 | csv:b.csv |" in page_of(rows, seeded)
    both = page_of(record, rows)
    assert both.index("| bits/dim |") < both.index("| cpu | 3.500 | mnist |") < both.index("| log p, nats |")
    assert both.index("| log p, nats |") < both.index("| 1.250 |")
    record["evaluation"]["options"]["draws"] = rows["evaluation"]["options"]["draws"] = 16
    assert "importance-sampled" in page_of(record, rows)
    assert "importance-sampled" not in page_of(rows)


def test_seeds_share_a_row_with_mean_and_deviation(record):
    others = [deepcopy(record) for _ in range(2)]
    for seed, other in enumerate(others, 1):
        other["run"]["config"]["training"]["seed"] = seed
        other["evaluation"]["sets"][0]["bits_per_dim"] += 0.1 * seed
        other["evaluation"]["sets"][1]["scores"] = {"likelihood": {**METRICS, "auroc": 0.0712 + 0.01 * seed}}
        other["run"]["training"]["command"] = f"oodflow --seed {seed}"
    page = page_of(others[1], record, others[0])
    assert "| cpu | 3.600 ± 0.100 | mnist | 2.250 ± 0.000 | 8.1 ± 1.0 | 10.8 |" in page
    assert "± is the standard deviation over training seeds" in page
    assert "seeds 0, 1, 2" in page
    assert all(f"`oodflow --seed {seed}`" in page for seed in (1, 2))
    assert page.count("fashion_mnist test: 10,000 images") == 2  # what it was trained on, and its test set
    assert "in words" not in page


def test_of_several_draws_the_bound_stands_beside_the_importance_sampled(record):
    assert "bound" not in page_of(record)
    record["evaluation"]["options"]["draws"] = 16
    record["evaluation"]["sets"][0]["bits_per_dim_bound"] = 3.625
    other = deepcopy(record)
    other["evaluation"]["sets"][0]["bits_per_dim_bound"] = 3.725
    other["run"]["config"]["training"]["seed"] = 1
    page = page_of(record)
    assert "| cpu | 3.500 (bound 3.625) | mnist | 2.250 (bound 2.250) |" in page
    assert "importance-sampled, with several draws" in page
    assert "| cpu | 3.500 ± 0.000 (bound 3.675 ± 0.071) |" in page_of(record, other)
    record["evaluation"]["sets"][0]["bits_per_dim_bound"] = None  # an older version did not tell
    assert "| cpu | 3.500 | mnist |" in page_of(record)


def two(record, change):
    """Two records, the second of another seed and changed."""
    other = deepcopy(record)
    other["run"]["config"]["training"]["seed"] = 1
    change(other)
    return [record, other]


@pytest.mark.parametrize(
    "change",
    [
        lambda other: other["run"]["config"]["training"].update(seed=0),  # the same seed again
        lambda other: other["run"]["config"]["training"].update(lr=0.5),
        lambda other: other["evaluation"]["options"].update(limit=100),
        lambda other: other["evaluation"]["options"].update(draws=3),
        lambda other: other["evaluation"]["options"].update(seed=7),
        lambda other: other["evaluation"]["sets"][1].update(fingerprint="e" * 16),
        lambda other: other["evaluation"]["sets"][1]["scores"].update(complexity=METRICS),
    ],
)
def test_what_differs_in_more_than_its_seed_has_a_row_of_its_own(record, change):
    page = page_of(*two(record, change))
    assert "±" not in page
    assert page.count("| mnist | 2.250") == 2


def test_imported_flows_are_never_taken_together(record):
    del record["run"]["training"]
    record["run"]["config"] |= {"recipe": "original-RealNVP", "scale": "imported", "training": None}
    record["run"]["imported"], other = IMPORTED, deepcopy(record)
    other["run"]["imported"] = IMPORTED | {"sha256": "b" * 64, "checkpoint": "60.pt"}
    page = page_of(record, other)
    assert "±" not in page
    assert "60.pt" in page
    assert "80.pt" in page


def test_other_networks_and_masks_are_told_apart_and_have_no_number_in_the_paper(record):
    names = []
    for recipe in ("masks-fashion-mnist-cycle", "bottleneck-fashion-mnist-10", "bottleneck-fashion-mnist-none"):
        record["run"]["config"] = RECIPES[recipe]("cpu").model_dump(mode="json")
        row = next(line for line in page_of(record).splitlines() if "| mnist |" in line)
        assert row.endswith("|  |")
        names.append(row.split("|")[1].strip())
    assert names == [
        "8 cycle couplings, fashion_mnist",
        "RealNVP with a bottleneck of 10, fashion_mnist",
        "RealNVP with resnets without skips, fashion_mnist",
    ]


def test_an_imported_flow_says_where_it_came_from(record):
    del record["run"]["training"]
    record["run"]["imported"] = IMPORTED
    record["run"]["config"] |= {"recipe": "original-RealNVP", "scale": "imported", "training": None}
    page = page_of(record)
    assert "| RealNVP with convnets and actnorm, fashion_mnist | imported | 3.500 |" in page
    assert "the original's RealNVP from 80.pt (sha256 `aaaaaaaaaaaaaaaa`, epoch 80), 1,000 parameters." in page


def test_an_unfinished_run_says_how_many_steps_there_would_have_been(record):
    done = record["run"]["training"]["steps"]
    record["run"]["config"]["training"]["steps"] = 150_000
    assert f"parameters, {done:,} of 150,000 steps of" in page_of(record)
    record["run"]["config"]["training"]["steps"] = done
    assert f"parameters, {done:,} steps of" in page_of(record)
