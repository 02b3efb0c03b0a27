"""What the flows of a reproduction find most and least likely, where they are still there."""

from collections.abc import Callable
from pathlib import Path

from oodflow.document import Block, Document, Paragraph, Section
from oodflow.errors import OodflowError
from oodflow.paper.page import reproduction_document
from oodflow.paper.reproduction import Reproduction
from oodflow.report.evaluated_runs import chosen
from oodflow.report.run_report import Report
from oodflow.report.run_report.galleries import Means, galleries
from oodflow.report.run_report.stored import stored


def reproduction_report(
    record: Reproduction, title: str, runs: Path, root: Path | None, device: str, say: Callable[[str], None]
) -> Report:
    """Lay a reproduction out, and look closely at those flows whose distributions it shows.

    Of its pictures the report has those of the galleries; all others lie in the reproduction's folder.

    Args:
        record: what came of it.
        title: of the page.
        runs: the folder of its trained flows.
        root: where data sets lie.
        device: that computes.
        say: takes a line before each part.
    """
    document, pictures = reproduction_document(record, title), dict[str, bytes]()
    names = dict.fromkeys(name for one in record.experiments.values() for name in one.distributions)
    folders = {name: runs / f"{name}-{min(record.seeds)}" for name in names}
    means = Means(pictures, root, device, max(1, len(folders)), say)
    sections = [Section(name, tuple(_looks(name, folder, means))) for name, folder in folders.items()]
    if not sections:
        return Report(document, pictures)
    *others, rests = document.blocks
    closely = Section("The most and least likely images", tuple(sections))
    return Report(Document(document.title, (*others, closely, rests)), pictures)


def _looks(name: str, folder: Path, means: Means) -> list[Block]:
    """Show either end of each set of a flow, or say why that can't be."""
    try:
        return list(galleries(stored(*chosen(folder)), f"{name}-", means))
    except OodflowError as error:
        return [Paragraph(f"It can't be looked at: {error}")]
