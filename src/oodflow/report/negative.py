"""A page of negative training: what it does to the set that it pushes down, to third sets, and to its own."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from oodflow.document import Document, Figure, Paragraph, Section, Strong, Table, Text, table
from oodflow.document.numbers import mean_and_deviation, number
from oodflow.document.text import Span
from oodflow.figures import Panel, Sample, figure_bytes, log_likelihood_figure
from oodflow.files import page_and_data
from oodflow.recipes.named import RECIPES
from oodflow.report.changes import set_apart
from oodflow.report.likely_runs import Likelihoods, LikelyRun, LikelyRuns
from oodflow.report.replicas import Replicas, replicas
from oodflow.report.rests_on import provenance_blocks
from oodflow.runs.naming import name_of
from oodflow.runs.pages import write_page

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure

NOTHING = "likelihood alone"
"""How a run is called that pushes nothing down."""

AREAS = (
    "AUROC of the likelihood in per cent, trained on → asked about, on images that nothing was trained on: 50 is "
    "chance, and below 50 the flow prefers the other set. In bold where just that set was pushed down in training; any "
    "other is a third one. ± is the standard deviation over training seeds. A flow that is trained for fewer steps is "
    "another one: hold third sets against the likelihood alone of as many steps."
)
LIKELIHOODS = (
    "Means over as many images of the part that was trained on as of the test part; of other sets medians, for a few "
    "images that are pushed far take the mean with them. Above: the share of the set's test part that is still above "
    "the threshold. Paper: Kirichenko, Izmailov, Wilson (2020), appendix D, figure 5."
)


def negative_document(runs: LikelyRuns, title: str = "Negative training", picture: str | None = None) -> Document:
    """Lay runs out as a page; ``picture`` is a file beside it."""
    groups = replicas(runs.runs)
    rests = [block for group in groups for block in provenance_blocks(group)]
    return Document(
        title,
        (
            *([Figure("Histograms of log P", picture, title)] if picture else []),
            _areas(groups),
            Paragraph(AREAS),
            Section("How likely", (_likelihoods(groups), Paragraph(LIKELIHOODS))),
            Section("What these rest on", tuple(rests)),
        ),
    )


def write_negative(runs: LikelyRuns, path: Path) -> tuple[Path, ...]:
    """Write and return ``path.md``, ``path.json`` and ``path.png``, all or none."""
    page, _ = page_and_data(path)
    image = figure_bytes(draw_negative(runs, page.stem.replace("-", " ").capitalize()), "png")
    name = page.with_suffix(".png").name
    return write_page(path, runs, lambda title: negative_document(runs, title, name), {".png": image})


def draw_negative(runs: LikelyRuns, title: str) -> "MatplotlibFigure":
    """Draw the histograms of the first seed: each negative training in a row, after those for likelihood alone."""
    firsts = [_likely(group)[0] for group in replicas(runs.runs)]
    rows = [[_panel(one, run) for one in (*_plain(firsts, run), run)] for run in firsts if run.pushed]
    rows = rows or [[_panel(run, run)] for run in firsts]
    return log_likelihood_figure(rows, title=f"{title}: seed {firsts[0].run.seed}")


def _plain(runs: Sequence[LikelyRun], like: LikelyRun) -> list[LikelyRun]:
    """Find the runs for likelihood alone of the same flow on the same data."""
    return [run for run in runs if not run.pushed and name_of(run.run.config) == name_of(like.run.config)]


def _panel(run: LikelyRun, other: LikelyRun) -> Panel:
    """Show a run, with the set that this or another pushes down set apart."""
    config = run.run.config
    sets = [("train", run.trained_on), ("test", run.sets[0])]
    sets += [("pushed" if other.pushes(one.name) else "other", one) for one in run.sets[1:]]
    return Panel(
        f"{name_of(config)}, {f'pushing down {run.pushed}' if run.pushed else NOTHING}, {_steps(run)} steps",
        [Sample(one.name, role, one.edges, np.array(one.counts)) for role, one in sets],
        getattr(config.objective, "threshold", None),
    )


def _areas(groups: Sequence[Replicas]) -> Table:
    """Make the table of pairs: a column for each length of training for likelihood alone, and two for the others."""
    alone = {group: f"{NOTHING}{_length(group)}" for group in groups if not _likely(group)[0].pushed}
    columns = list(dict.fromkeys(alone.values()))
    pairs = dict.fromkeys((name_of(group.config), one.name) for group in groups for one in group.outsides)
    rows: list[list[Text]] = []
    for flow, outside in pairs:
        asked = [group for group in groups if name_of(group.config) == flow and _area(group, outside)]
        pushed = [group for group in asked if _likely(group)[0].pushes(outside)]
        third = [group for group in asked if group not in alone and group not in pushed]
        rows.append([
            f"{flow} → {outside}",
            *(_cell([group for group in asked if alone.get(group) == column], outside) for column in columns),
            _cell(pushed, outside, strong=True),
            _cell(third, outside, lambda run: f"{run.pushed} pushed"),
        ])  # fmt: skip
    return table(["flow, trained on → asked about", *columns, "pushed down", "another pushed down"], rows)


def _cell(
    groups: Sequence[Replicas],
    outside: str,
    label: Callable[[LikelyRun], str] = lambda run: "",
    *,
    strong: bool = False,
) -> Text:
    """Write the areas of groups, each with its label, and with what sets it apart from others that push the same."""
    cell: list[Span] = []
    for group in groups:
        first = _likely(group)[0]
        alike = [other.config for other in groups if _likely(other)[0].pushed == first.pushed]
        area, labels = _area(group, outside), _joined([label(first), *set_apart(group.config, alike)])
        cell += [", "] * bool(cell) + [Strong(area) if strong else area] + [f" ({labels})"] * bool(labels)
    return tuple(cell)


def _area(group: Replicas, outside: str) -> str:
    places = [place for place, one in enumerate(group.outsides, 1) if one.name == outside]
    return _joined(mean_and_deviation(group.areas(place, "likelihood"), 1) for place in places)


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(filter(None, texts))


def _length(group: Replicas) -> str:
    """Tell how long a training was, where it was not as long as its recipe's."""
    config = group.config
    assert config.training is not None, "what was trained was configured to be"
    recipe = RECIPES[config.recipe](config.scale).training if config.recipe in RECIPES else None
    steps = config.training.steps
    return "" if recipe and recipe.steps == steps else f", {number(steps, 0)} steps"


def _likelihoods(groups: Sequence[Replicas]) -> Table:
    """Make the table of log-probabilities, in nats an image."""
    header = (
        "flow, trained on", "pushed down", "steps", "bits/dim, trained on", "bits/dim, test", "log p, trained on",
        "log p, test", "log p, pushed down", "above, %", "log p, third sets",
    )  # fmt: skip
    return table(header, [_likelihood_row(group) for group in groups])


def _likelihood_row(group: Replicas) -> list[Text]:
    runs = _likely(group)
    pushed, places = runs[0].pushed, range(1, len(runs[0].sets))

    def over_seeds(value: Callable[[LikelyRun], float | None], digits: int = 0) -> str:
        values = [found for found in map(value, runs) if found is not None]
        return mean_and_deviation(values, digits) if values else ""

    def median(place: int) -> str:
        return over_seeds(lambda run: run.sets[place].median)

    def above(place: int) -> str:
        return over_seeds(lambda run: _percent(run.sets[place]), 1)

    own = [place for place in places if runs[0].pushes(runs[0].sets[place].name)]
    threshold = number(getattr(group.config.objective, "threshold", None), 0)
    return [
        name_of(group.config), f"{pushed} (below {threshold})" if pushed else "", _steps(runs[0]),
        over_seeds(lambda run: run.trained_on.bits_per_dim, 3), over_seeds(lambda run: run.sets[0].bits_per_dim, 3),
        over_seeds(lambda run: run.trained_on.log_prob), over_seeds(lambda run: run.sets[0].log_prob),
        _joined(map(median, own)),
        _joined(map(above, own)),
        _joined(f"{runs[0].sets[place].name} {median(place)}" for place in places if place not in own),
    ]  # fmt: skip


def _percent(likelihoods: Likelihoods) -> float | None:
    return None if likelihoods.above is None else 100 * likelihoods.above


def _steps(run: LikelyRun) -> str:
    return number(run.run.training.steps, 0) if run.run.training else ""


def _likely(group: Replicas) -> Sequence[LikelyRun]:
    return cast(Sequence[LikelyRun], group.runs)
