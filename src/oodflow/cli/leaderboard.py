"""``oodflow leaderboard``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write
from oodflow.report.leaderboard import leaderboard, leaderboard_document
from oodflow.runs.pages import write_page


def run(arguments: Namespace) -> None:
    """Show or write which runs are best after how long."""
    comparison = leaderboard(arguments.run_dirs)
    show_or_write(
        arguments, comparison, lambda: leaderboard_document(comparison),
        lambda path: write_page(path, comparison, lambda title: leaderboard_document(comparison, title)),
    )  # fmt: skip
