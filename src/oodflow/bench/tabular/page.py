"""The record as a page, and its picture."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oodflow.bench.page import versions
from oodflow.bench.record import Spread
from oodflow.bench.tabular.methods import OURS
from oodflow.bench.tabular.record import TableFacts, TabularRecord
from oodflow.bench.tabular.standing import MEASURES, Standing
from oodflow.document import (
    Block,
    Bullets,
    Code,
    Document,
    Figure,
    Paragraph,
    Quote,
    Section,
    Strong,
    Table,
    Text,
    table,
)
from oodflow.document.numbers import counted, mean_and_deviation, number, with_interval, with_range
from oodflow.document.text import joined
from oodflow.figures import RankPanel, critical_difference_figure, figure_bytes
from oodflow.files import page_and_data
from oodflow.metrics import difference, mean
from oodflow.runs.pages import write_page

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure

LOSSES = 10
"""So many tables on which it loses most are listed."""

MARK = "*"
"""Stands behind the tables that settings were chosen on."""

PROTOCOL = """\
One-class: fitted to half of the normal rows, at most {train:,}, and asked to tell the other half from the anomalies, at
most {test:,} of each; every table is dealt anew by {seeds}. Every method has its own defaults. Nobody sees an anomaly
or chooses anything by one, but for this: settings of the flow were chosen on {chosen} of these tables, marked {mark}.
On the other {held_back} nothing was."""

RANKS = """\
Average ranks over tables by the mean over seeds: 1 is best, ties (to a hundredth of a per cent) share their places. In
brackets the 95 % interval of a bootstrap over tables, which takes them for a sample of all. AP is average precision,
whose chance is the share of anomalies, so it compares on a table alone."""

AGAINST = """\
By how much the flow is better, in points of per cent on average over tables, with the bootstrap interval over tables,
and on how many of them."""

TIMES = """\
Seconds of the processor, {threads}: medians, lowest and highest over tables and seeds. Scoring is per 1,000 rows."""


def tabular_document(record: TabularRecord, title: str = "Tabular", picture: str | None = None) -> Document:
    """Lay a record out as a page; ``picture`` is a file beside it."""
    standings = [Standing.of(record, measure) for measure in MEASURES]
    ours = OURS in record.measured
    by_table = [
        Section(f"{MEASURES[one.measure]} by table, %", (_by_table(one), Paragraph(_by_table_legend(record))))
        for one in standings
    ]
    blocks: list[Block] = [
        *([Figure("average ranks", picture, "Average ranks of the methods")] if picture else []),
        *(Quote(_conclusion(one, Standing.of(record, one.measure, held_back=True))) for one in standings),
        Paragraph(_protocol(record)),
        _ranks(record),
        Paragraph(RANKS),
        *([Section("The flow beside each", (_against(standings), Paragraph(AGAINST)))] if ours else []),
        *([_losses(standings[0])] if ours else []),
        *by_table,
        Section("Time", (_times(standings[0]), Paragraph(_times_legend(record)))),
        Section("What these rest on", (_rests_on(record), _tables(record))),
    ]
    return Document(title, tuple(blocks))


def write_tabular(record: TabularRecord, path: Path) -> tuple[Path, ...]:
    """Write and return ``path.md``, ``path.json`` and ``path.png``, all or none."""
    page, _ = page_and_data(path)
    name = page.with_suffix(".png").name
    image = figure_bytes(draw_ranks(record), "png")
    return write_page(path, record, lambda title: tabular_document(record, title, name), {".png": image})


def draw_ranks(record: TabularRecord) -> "MatplotlibFigure":
    """Draw average ranks by each measure, on all tables and on those that nothing was chosen on."""
    panels = []
    for measure, name in MEASURES.items():
        for held_back in (False, True):
            one = Standing.of(record, measure, held_back=held_back)
            if one.tables and (not held_back or len(one.tables) < len(record.tables)):
                which = f"the {_counted(one)} that nothing was chosen on" if held_back else _counted(one)
                compared = one.compared
                panels.append(RankPanel(
                    f"{name}, {which}", one.methods, compared.average.tolist(), compared.critical_difference,
                    compared.groups,
                ))  # fmt: skip
    return critical_difference_figure(panels, title="Average ranks; joined: can't be told apart", emphasis=OURS)


def _counted(one: Standing) -> str:
    return counted(len(one.tables), "table")


def _conclusion(one: Standing, held_back: Standing) -> Text:
    """Say who is best, who is as good, where the flow stands, and who is best where nothing was chosen."""
    compared, methods = one.compared, one.methods
    best, *others = compared.order
    alike = one.names([place for place in others if compared.alike(best, place)])
    said: list[Text] = [
        f"By {MEASURES[one.measure]} the best average rank of {counted(len(methods), 'method')} on {_counted(one)} is ",
        Strong(f"{methods[best]}, {number(compared.average[best], 2)}"),
        f"; can't be told from it: {', '.join(alike) or 'none'}.{_rank_of_ours(one)}",
    ]
    if held_back.tables:
        found = held_back.compared
        ahead = f"{methods[found.order[0]]}, {number(found.average[found.order[0]], 2)}"
        said.append(f" On the {_counted(held_back)} that nothing was chosen on: {ahead}.{_rank_of_ours(held_back)}")
    if compared.p_value is not None and compared.friedman is not None:
        small = "< 0.001" if compared.p_value < 0.001 else f"= {number(compared.p_value, 3)}"
        said.append(
            f" Friedman's test on all: χ² = {number(compared.friedman, 1)}, p {small}; Nemenyi's critical difference: "
            f"{number(compared.critical_difference, 2)}."
        )
    return joined(said, "")


def _rank_of_ours(one: Standing) -> str:
    """Say which rank the flow has, where it is not the best."""
    ours = one.methods.index(OURS) if OURS in one.methods else one.compared.order[0]
    return "" if ours == one.compared.order[0] else f" The {OURS} has {number(one.compared.average[ours], 2)}."


def _protocol(record: TabularRecord) -> str:
    chosen = sum(one.chosen_on for one in record.tables)
    return PROTOCOL.format(
        train=record.protocol.train_rows, test=record.protocol.test_rows, seeds=counted(len(record.seeds), "seed"),
        chosen=chosen, held_back=len(record.tables) - chosen, mark=MARK,
    )  # fmt: skip


def _ranks(record: TabularRecord) -> Table:
    whole = [Standing.of(record, measure) for measure in MEASURES]
    held_back = [Standing.of(record, measure, held_back=True) for measure in MEASURES]
    header, columns = ["method"], []
    for one, other in zip(whole, held_back, strict=True):
        name = MEASURES[one.measure]
        nothing = f"rank by {name}, {_counted(other)} that nothing was chosen on"
        header += [f"rank by {name}, {_counted(one)}", nothing, f"mean {name}, %"]
        columns += [_rank_cells(one), _rank_cells(other), _mean_cells(one)]
    rows = [[_named(method), *cells] for method, *cells in zip(record.measured, *columns, strict=True)]
    order = whole[0].compared.order
    return table(header, [rows[place] for place in order])


def _rank_cells(one: Standing) -> list[Text]:
    """Write average ranks, the best in bold."""
    if not one.tables:
        return [""] * len(one.methods)
    cells = [with_interval(mean(ranks), 2) for ranks in one.compared.ranks.T]
    best = one.compared.average.min()
    return [_best(cell, rank == best) for cell, rank in zip(cells, one.compared.average, strict=True)]


def _mean_cells(one: Standing) -> list[Text]:
    means = one.values.mean(0)
    return [
        _best(with_interval(mean(100 * column), 1), each == means.max())
        for column, each in zip(one.values.T, means, strict=True)
    ]


def _best(cell: str, is_best: bool) -> Text:
    return Strong(cell) if is_best else cell


def _named(method: str) -> Text:
    return Strong(method) if method == OURS else method


def _against(standings: list[Standing]) -> Table:
    header, rows = ["method"], [[method] for method in standings[0].methods]
    for one in standings:
        name = MEASURES[one.measure]
        header += [f"{name}, points", f"{name}: better, alike, worse"]
        ours = one.values[:, one.methods.index(OURS)]
        for row, theirs in zip(rows, one.values.T, strict=True):
            counts = [int((ours > theirs).sum()), int((ours == theirs).sum()), int((ours < theirs).sum())]
            row += [
                with_interval(difference(100 * theirs, 100 * ours, paired=True), 1), ", ".join(map(str, counts))
            ]  # fmt: skip
    return table(header, [row for row in rows if row[0] != OURS])


def _losses(one: Standing) -> Section:
    """List the tables on which the best other method is most above the flow."""
    ours = one.methods.index(OURS)
    theirs = np.where(np.arange(len(one.methods)) == ours, -np.inf, one.values)
    behind = theirs.max(1) - one.values[:, ours]
    lost = [place for place in np.argsort(-behind, kind="stable") if behind[place] > 0]
    rows = [
        [
            _title(one.tables[place]), number(one.tables[place].rows, 0), number(one.tables[place].columns, 0),
            number(100 * one.values[place, ours], 1), number(100 * theirs[place].max(), 1),
            one.methods[theirs[place].argmax()], number(100 * behind[place], 1),
        ]
        for place in lost[:LOSSES]
    ]  # fmt: skip
    told = (
        f"On {len(lost)} of {_counted(one)} another method has a higher AUROC than the flow, the best of them by "
        f"{number(100 * float(np.median(behind[lost])), 1) if lost else 'no'} points in the median."
    )
    header = ["table", "rows", "columns", "flow, AUROC %", "best other", "which", "lost, points"]
    return Section("Where the flow loses most", (Paragraph(told), *([table(header, rows)] if rows else [])))


def _by_table(one: Standing) -> Table:
    rows = []
    for facts, values in zip(one.tables, one.values, strict=True):
        cells = [
            _best(mean_and_deviation([100 * value for value in one.seeds(facts, method)], 1), value == values.max())
            for method, value in zip(one.methods, values, strict=True)
        ]
        rows.append([_title(facts), *cells])
    return table(["table", *one.methods], rows)


def _by_table_legend(record: TabularRecord) -> str:
    several = "Mean and standard deviation over seeds, " if len(record.seeds) > 1 else ""
    text = f"{several}the best in bold; {MARK}: settings of the flow were chosen on it."
    failed = sum(bool(trial.failed) for trial in record.trials)
    if failed:
        text += f" {counted(failed, 'trial')} failed, and {'counts' if failed == 1 else 'count'} as chance; see below."
    return text[0].upper() + text[1:]


def _title(facts: TableFacts) -> str:
    return f"{facts.name}{MARK if facts.chosen_on else ''}"


def _times(one: Standing) -> Table:
    rows: list[list[Text]] = []
    for method in one.methods:
        fit = one.times(method, lambda trial: trial.fit_seconds)
        score = one.times(method, lambda trial: 1000 * trial.score_seconds / trial.scored)
        rows.append([_named(method), *(with_range(_spread(times), 1, 3) if times else "" for times in (fit, score))])
    return table(["method", "fit, s", "score 1,000 rows, s"], rows)


def _spread(values: list[float]) -> Spread:
    return Spread(median=float(np.median(values)), low=min(values), high=max(values))


def _times_legend(record: TabularRecord) -> str:
    threads = sorted({one.provenance.threads for one in record.sessions})
    return TIMES.format(threads=" or ".join(counted(count, "thread") for count in threads))


def _rests_on(record: TabularRecord) -> Bullets:
    items: list[Text] = []
    for place, session in enumerate(record.sessions):
        count = sum(trial.session == place for trial in record.trials)
        made = session.provenance
        if count:
            libraries = ", ".join(f"{name} {found}" for name, found in made.libraries.items())
            where = f" (commit {made.commit}, {made.day}): {counted(count, 'trial')}, {session.cpu}, {versions(made)}"
            items.append((Code(made.command), f"{where}, {libraries}"))
    for method in record.methods:
        left_out = f"; left out: {method.missing}" if method.missing else ""
        items.append((f"{method.name}: ", Code(method.what), left_out))
    failures = {(trial.table, trial.method): trial.failed for trial in record.trials if trial.failed}
    items += [f"{method} failed on {name}: {reason}" for (name, method), reason in failures.items()]
    return Bullets(tuple(items))


def _tables(record: TabularRecord) -> Table:
    rows: list[list[Text]] = [
        [
            _title(one), number(one.rows, 0), number(one.columns, 0),
            "all but one class" if one.anomalies is None else number(one.anomalies, 0), Code(one.fingerprint),
        ]
        for one in record.tables
    ]  # fmt: skip
    return table(["table", "rows", "columns", "anomalies", "fingerprint"], rows)
