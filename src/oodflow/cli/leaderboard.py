"""``oodflow leaderboard``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write_page
from oodflow.report.leaderboard import leaderboard, leaderboard_document
from oodflow.session.progress import progress_console


def run(arguments: Namespace) -> None:
    """Show or write which runs are best after how long."""
    comparison = leaderboard(arguments.run_dirs, say=progress_console.print)
    show_or_write_page(arguments, comparison, leaderboard_document, "Leaderboard")
