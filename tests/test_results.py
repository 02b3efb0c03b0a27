"""Every page in results/ is what its record says, rendered by this version."""

from pathlib import Path

import pytest

from oodflow.bench.gpu import GpuRecord, gpu_document
from oodflow.bench.page import bench_document
from oodflow.bench.ranks import RanksRecord, ranks_document
from oodflow.bench.record import BenchRecord
from oodflow.bench.reliability import ReliabilityRecord, reliability_document
from oodflow.bench.tabular import TabularRecord, tabular_document
from oodflow.document import as_markdown
from oodflow.explanation.page import observations_document
from oodflow.explanation.record import Explanations
from oodflow.paper.page import reproduction_document
from oodflow.paper.reproduction import Reproduction
from oodflow.report.comparison import comparison_document
from oodflow.report.curves import curves_document
from oodflow.report.evaluated_runs import Comparison
from oodflow.report.leaderboard import leaderboard_document
from oodflow.report.likely_runs import LikelyRuns
from oodflow.report.looks import Curves
from oodflow.report.negative import negative_document
from oodflow.report.scores import scores_document

RESULTS = Path(__file__).parents[1] / "results"
SCORES = (
    "backgrounds", "batch-norm", "derivatives", "embedding-flows", "embeddings", "ensembles", "latents",
    "local-dimension", "resizing", "scores",
)  # fmt: skip
PAGES = {
    "batch-size": (Curves, lambda curves, title: curves_document(curves, title, "batch-size.png")),
    "bench": (BenchRecord, lambda record, title: bench_document(record)),
    "gpu": (GpuRecord, lambda record, title: gpu_document(record)),
    "leaderboard": (Comparison, leaderboard_document),
    "negative-training": (LikelyRuns, lambda runs, title: negative_document(runs, title, "negative-training.png")),
    "observations": (Explanations, observations_document),
    "other-flows-observations": (Explanations, observations_document),
    "presets": (Curves, lambda curves, title: curves_document(curves, title, "presets.png")),
    **{
        name: (Comparison, lambda comparison, title, name=name: scores_document(comparison, title, f"{name}.png"))
        for name in SCORES
    },
    "reproduction": (Reproduction, reproduction_document),
    "processes": (RanksRecord, ranks_document),
    "reliability": (ReliabilityRecord, reliability_document),
    "tabular": (TabularRecord, lambda record, title: tabular_document(record, title, "tabular.png")),
    "time-to-quality": (Curves, lambda curves, title: curves_document(curves, title, "time-to-quality.png")),
}
"""What a page is made from; all others compare runs."""


@pytest.mark.parametrize("page", sorted(RESULTS.glob("*.md")), ids=lambda page: page.stem)
def test_a_page_is_what_its_record_says(page):
    kind, document = PAGES.get(page.stem, (Comparison, comparison_document))
    record = kind.read(page.with_suffix(".json"))
    assert page.read_text(encoding="utf-8") == as_markdown(document(record, page.stem.replace("-", " ").capitalize()))


@pytest.mark.parametrize("data", sorted(RESULTS.glob("*.json")), ids=lambda data: data.stem)
def test_a_record_is_of_this_version_and_has_a_page(data):
    kind, _ = PAGES.get(data.stem, (Comparison, comparison_document))
    assert data.read_text(encoding="utf-8") == kind.read(data).as_json()
    assert data.with_suffix(".md").exists()


VERBS = {
    "batch-size": ["curves"],
    "leaderboard": ["leaderboard"],
    "negative-training": ["negative"],
    "observations": ["observations"],
    "other-flows-observations": ["observations"],
    "presets": ["curves", "--by", "steps"],
    "reliability": ["reliability"],
    **{name: ["scores"] for name in SCORES},
    "tabular": ["tabular"],
    "time-to-quality": ["curves"],
}
"""By which a page is written; all others by ``compare``."""


OF_RUNS = sorted(
    data for data in RESULTS.glob("*.json") if data.stem not in ("bench", "gpu", "processes", "reproduction")
)


@pytest.mark.parametrize("data", OF_RUNS, ids=lambda data: data.stem)
def test_what_stands_on_a_page_can_be_put_on_another(oodflow, data):
    assert oodflow(*VERBS.get(data.stem, ["compare"]), data, "--json").out == data.read_text(encoding="utf-8")
