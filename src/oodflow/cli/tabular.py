"""``oodflow tabular``."""

import shlex
from argparse import Namespace

from oodflow.bench.run import require_writable
from oodflow.bench.tabular import Protocol, TabularOptions, TabularRecord, measure, tabular_document, write_tabular
from oodflow.cli.display import show_or_write
from oodflow.files import page_and_data
from oodflow.runs.pages import is_page
from oodflow.session.progress import progress_console


def run(arguments: Namespace) -> None:
    """Measure what the file of trials has not, and show or write the page."""
    for path in page_and_data(arguments.write) if arguments.write else ():
        require_writable(path)
    record = TabularRecord.read(arguments.trials) if is_page(arguments.trials) else _measured(arguments)
    show_or_write(
        arguments, record, lambda: tabular_document(record), lambda path: write_tabular(record, path)
    )  # fmt: skip


def _measured(arguments: Namespace) -> TabularRecord:
    options = TabularOptions(
        tables=tuple(arguments.tables), methods=tuple(arguments.methods), seeds=tuple(arguments.seeds),
        protocol=Protocol(train_rows=arguments.train_rows, test_rows=arguments.test_rows), threads=arguments.threads,
    )  # fmt: skip
    command = shlex.join(arguments.command)
    return measure(
        options, arguments.trials, root=arguments.data_dir, command=command, say=progress_console.print
    )  # fmt: skip
