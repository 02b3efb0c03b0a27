"""``oodflow negative``."""

from argparse import Namespace

from oodflow.cli.display import scoring_progress, show_or_write
from oodflow.report.likely_runs import likely_runs
from oodflow.report.negative import negative_document, write_negative
from oodflow.session.progress import progress_console


def run(arguments: Namespace) -> None:
    """Show or write what negative training does."""
    with scoring_progress() as progress:
        runs = likely_runs(arguments.run_dirs, arguments.data_dir, progress, progress_console.print)
    show_or_write(arguments, runs, lambda: negative_document(runs), lambda path: write_negative(runs, path))
