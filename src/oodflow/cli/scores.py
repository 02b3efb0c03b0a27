"""``oodflow scores``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write
from oodflow.report.evaluated_runs import compare
from oodflow.report.scores import scores_document, write_scores
from oodflow.session.progress import progress_console


def run(arguments: Namespace) -> None:
    """Show or write how well each score tells data sets apart."""
    comparison = compare(arguments.run_dirs, say=progress_console.print)
    show_or_write(
        arguments, comparison, lambda: scores_document(comparison), lambda path: write_scores(comparison, path)
    )
