"""Scores beside each other, over pairs of data sets."""

from copy import deepcopy

import numpy as np
import pytest

from oodflow.data import SOURCES
from oodflow.document import as_markdown
from oodflow.figures import heat_map
from oodflow.recipes import RECIPES
from oodflow.report.evaluated_runs import Comparison
from oodflow.report.published_scores import PUBLISHED_SCORES
from oodflow.report.replicas import replicas
from oodflow.report.scores import pairs_of, scores_document, write_scores
from oodflow.scores import SCORES

from .conftest import METRICS


def scored(record, seed=0, recipe="fashion-mnist-realnvp", **areas):
    """A run in which scores have these AUROC; a name that ends in a number judges so many images together."""
    other = deepcopy(record)
    other["run"]["config"] = RECIPES[recipe]("cpu").model_dump(mode="json")
    other["run"]["config"]["training"]["seed"] = seed
    other["evaluation"]["sets"][1]["scores"] = {
        name: {**METRICS, "auroc": area, "n_in": 10_000 // int(name[-1] if name[-1].isdigit() else 1)}
        for name, area in areas.items()
    }
    return other


def comparison(*records):
    return Comparison.parse({"schema_version": 1, "runs": list(records)})


def page_of(*records):
    return as_markdown(scores_document(comparison(*records))).splitlines()


def test_a_score_has_a_row_and_a_pair_a_column_with_mean_and_deviation_over_seeds(record):
    runs = [scored(record, seed, likelihood=0.1 + 0.1 * seed, other=0.9) for seed in range(3)]
    page = page_of(*runs, scored(record, recipe="mnist-realnvp", likelihood=0.99, other=0.4))
    assert "| score | fashion_mnist → mnist | mnist → mnist | worst |" in page
    assert "| likelihood | 20.0 ± 10.0 | **99.0** | 20.0 |" in page
    assert "| other | **90.0 ± 0.0** | 40.0 | 40.0 |" in page
    assert sum(line.startswith("## RealNVP") for line in page) == 1


def test_it_says_which_scores_ask_no_flow(record):
    areas = {"likelihood": 0.1, "compressed-size": 0.9, "two-sided?of=pixel-moments": 0.8, "nobody-knows": 0.7}
    areas |= {"likelihood-ratio?background=elsewhere": 0.6, "embedding-neighbours?encoder=elsewhere": 0.9}
    assert "These ask no flow: compressed-size, two-sided?of=pixel-moments." in "\n".join(
        page_of(scored(record, **areas))
    )


def test_kinds_of_flows_and_groups_have_tables_of_their_own(record):
    runs = [
        scored(record, likelihood=0.1, group2=0.8), scored(record, recipe="fashion-mnist-glow", likelihood=0.2)
    ]  # fmt: skip
    page = page_of(*runs)
    assert [line for line in page if line.startswith("## ")][:2] == [
        "## RealNVP with convnets and actnorm", "## Glow with convnets and actnorm"
    ]  # fmt: skip
    assert page.index("| likelihood | **10.0** | 10.0 |") < page.index("| group2 | **80.0** | 80.0 |")
    assert page.count("Scores of groups of images, all of one set:") == 1


def test_scores_that_ask_an_outside_model_have_a_table_of_their_own(record):
    outside = [
        "embedding-neighbours?encoder=m",
        "combined?of=likelihood+embedding-neighbours?encoder=m",
        "two-sided?of=embedding-mahalanobis?encoder=m",
    ]
    page = page_of(scored(record, likelihood=0.1, **dict.fromkeys(outside, 0.9)))
    at = page.index("Scores that ask an outside model, which has learned from other images:")
    assert page.index("| likelihood | **10.0** | 10.0 |") < at
    for name in outside:
        assert at < page.index(f"| {name} | **90.0** | 90.0 |")


def test_flows_of_vectors_stand_apart_and_their_scores_together(record):
    areas = {"likelihood": 0.1, "embedding-neighbours": 0.9}
    vectors, scaled = (
        deepcopy(scored(record, recipe="cifar10-realnvp", **areas)) for _ in range(2)
    )  # fmt: skip
    for one, options in ((vectors, "encoder=models/m"), (scaled, "encoder=models/m&length=1")):
        one["run"]["config"]["data"] = f"cifar10?{options}"
        one["evaluation"]["sets"][1]["name"] = f"svhn?{options}"
    page = page_of(scored(record, likelihood=0.2), vectors, scaled)
    title = "RealNVP with convnets and actnorm"
    found = [line.removeprefix("## ") for line in page if line.startswith(f"## {title}")]
    assert found == [title, f"{title}, encoder=models/m", f"{title}, encoder=models/m&length=1"]
    assert "Scores that ask an outside model, which has learned from other images:" not in page
    assert page.count("| score | cifar10 → svhn | worst |") == 2
    (published,) = [line for line in page if "| 73.31 (RealNVP, EfficientNet) |" in line]
    assert published.startswith(
        f"| likelihood | cifar10 → svhn | 10.0 ({title}, vectors), 10.0 ({title}, vectors length=1) |"
    )


def test_scores_of_vectors_that_are_the_data_stand_beside_the_likelihood(record):
    of_table = deepcopy(scored(record, **{"likelihood": 0.1, "embedding-neighbours": 0.9}))
    of_table["run"]["config"]["data"] = "wine?class=0"
    of_table["evaluation"]["sets"][1]["name"] = "wine?class=1"
    page = page_of(of_table)
    assert "Scores that ask an outside model, which has learned from other images:" not in page
    assert "| likelihood | 10.0 | 10.0 |" in page
    assert "| embedding-neighbours | **90.0** | 90.0 |" in page
    assert "These ask no flow: embedding-neighbours." in "\n".join(page)


@pytest.mark.parametrize("there", [True, False])
def test_a_page_is_the_same_whether_an_encoder_is_there_or_not(record, there, tmp_path):
    encoder = tmp_path / "encoder"
    encoder.mkdir()
    if there:
        for part in ("config.json", "preprocessor_config.json", "a.safetensors"):
            (encoder / part).touch()
    page = "\n".join(
        page_of(scored(record, **{f"embedding-neighbours?encoder={encoder}": 0.9, "compressed-size": 0.8}))
    )
    assert "These ask no flow: compressed-size." in page


def test_a_score_that_was_not_computed_everywhere_leaves_a_gap(record):
    page = page_of(scored(record, likelihood=0.1, other=0.7), scored(record, recipe="mnist-realnvp", likelihood=0.9))
    assert "| other | **70.0** |  | 70.0 |" in page


def test_flows_that_have_others_beside_them_share_a_row(record):
    one = scored(record, likelihood=0.1, **{"waic?others=runs/b+runs/c": 0.2})
    two = scored(record, recipe="mnist-realnvp", likelihood=0.3, **{"waic?others=runs/e+runs/f": 0.4})
    pairs = pairs_of(replicas(comparison(one, two).runs))
    assert [pair.areas["waic?others=…"] for pair in pairs] == [[20.0], [40.0]]
    apart = scored(record, likelihood=0.1, **{"waic?others=a": 0.2, "waic?others=b": 0.3})
    (pair,) = pairs_of(replicas(comparison(apart).runs))
    assert pair.areas == {"likelihood": [10.0], "waic?others=a": [20.0], "waic?others=b": [30.0]}


def test_the_cost_is_the_median_over_runs_of_how_many_times_as_long_as_the_likelihood(record):
    runs = [scored(record, seed, likelihood=0.1, other=0.9, unknown=0.5) for seed in range(4)]
    seconds = [{"likelihood": 0.001, "other": other} for other in (0.002, 0.004, 0.040)] + [{"likelihood": 0.001}]
    timed = [
        one.model_copy(update={"evaluation": one.evaluation.model_copy(update={"costs": costs})})
        for one, costs in zip(comparison(*runs).runs, seconds, strict=True)
    ]
    page = as_markdown(scores_document(Comparison(runs=tuple(timed)))).splitlines()
    assert "| score | fashion_mnist → mnist | worst | cost |" in page
    assert "| likelihood | 10.0 ± 0.0 | 10.0 | 1.0 |" in page
    assert "| other | **90.0 ± 0.0** | 90.0 | 4.0 |" in page
    assert "| unknown | 50.0 ± 0.0 | 50.0 |  |" in page
    assert "the median over runs" in "\n".join(page)
    assert "median over runs" not in "\n".join(page_of(scored(record, likelihood=0.1)))


def test_what_others_published_stands_beside_ours(record):
    runs = [
        scored(record, recipe=f"fashion-mnist-{flow}", complexity=area, likelihood=0.1)
        for flow, area in (("realnvp", 0.9), ("glow", 0.95))
    ]
    page = page_of(*runs)
    at = page.index("## Beside what others published")
    assert page[at + 6] == (
        "| complexity | fashion_mnist → mnist | 90.0 (RealNVP), 95.0 (Glow) | 99.8 (Glow, FLIF) | "
        "Serrà et al. 2020, arXiv:1909.11480 |"
    )
    assert "## Beside what others published" not in page_of(scored(record, likelihood=0.1))


def test_what_others_published_is_of_scores_that_there_are():
    for one in PUBLISHED_SCORES:
        assert one.score.partition("?")[0] in SCORES
        assert one.inside in SOURCES and one.outside in SOURCES


def test_it_is_written_with_its_picture(record, tmp_path, rendered):
    runs = comparison(scored(record, likelihood=0.1, group2=0.8))
    files = write_scores(runs, tmp_path / "scores")
    assert [file.name for file in files] == ["scores.md", "scores.json", "scores.png"]
    assert "![Scores](scores.png)" in (tmp_path / "scores.md").read_text(encoding="utf-8")
    assert Comparison.read(tmp_path / "scores.json") == runs
    (pair,) = pairs_of(replicas(runs.runs))
    assert (pair.areas, pair.grouped) == ({"likelihood": [10.0], "group2": [80.0]}, {"group2"})


def test_a_heat_map_writes_every_number_that_there_is():
    values = np.array([[1.0, np.nan], [50.0, 99.94]])
    figure = heat_map(values, ["one", "another"], ["here", "there"], title="Numbers")
    written = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert written == ["1.0", "50.0", "99.9"]
    (image,) = figure.axes[0].images
    low, middle, high = (image.cmap(image.norm(value))[:3] for value in (0, 50, 100))
    assert low[0] > low[2]
    assert min(middle) > 0.95
    assert high[2] > high[0]


@pytest.mark.parametrize("columns", [1, 30])
def test_a_heat_map_is_as_wide_as_it_has_to_be(columns):
    figure = heat_map(np.full((2, columns), 7.0), ["a", "b"], ["c"] * columns, title="Wide")
    width = figure.get_size_inches()[0] * figure.dpi
    assert width >= 92 * columns + 400


@pytest.mark.parametrize("letters", [3, 30, 90])
def test_a_heat_map_has_room_for_the_names_of_its_columns(letters):
    figure = heat_map(np.full((2, 3), 7.0), ["a", "b"], ["w" * letters] * 3, title="Long")
    width, height = figure.canvas.get_width_height()
    for text in figure.texts:
        box = text.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= width
        assert 0 <= box.y0 < box.y1 <= height
