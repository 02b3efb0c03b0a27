"""``oodflow reliability``."""

import shlex
from argparse import Namespace

from oodflow.bench.reliability import ReliabilityOptions, ReliabilityRecord, measure, reliability_document
from oodflow.bench.reliability.measure import read_fuzzed
from oodflow.bench.run import require_writable
from oodflow.cli.display import show_or_write_page
from oodflow.errors import UsageError
from oodflow.files import page_and_data
from oodflow.runs.pages import is_page
from oodflow.session.progress import progress_console


def run(arguments: Namespace) -> None:
    """Try what can go wrong, or take a page's record, and show or write the page."""
    for path in page_and_data(arguments.write) if arguments.write else ():
        require_writable(path)
    page = arguments.page
    if page is not None and not is_page(page):
        raise UsageError(f"{page} is no page's .json: leave it away to try everything anew.")
    record = _measured(arguments) if page is None else ReliabilityRecord.read(page)
    if arguments.fuzz is not None:
        record = record.model_copy(update={"files": read_fuzzed(arguments.fuzz)})
    show_or_write_page(arguments, record, reliability_document, "Reliability")


def _measured(arguments: Namespace) -> ReliabilityRecord:
    options = ReliabilityOptions(kills=arguments.kills, others=arguments.times, glow_steps=arguments.glow_steps)
    return measure(
        options, command=shlex.join(arguments.command), root=arguments.data_dir, say=progress_console.print
    )  # fmt: skip
