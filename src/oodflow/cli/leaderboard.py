"""``oodflow leaderboard``."""

from argparse import Namespace

from oodflow.cli.display import show_or_write_page
from oodflow.report.leaderboard import leaderboard, leaderboard_document


def run(arguments: Namespace) -> None:
    """Show or write which runs are best after how long."""
    show_or_write_page(arguments, leaderboard(arguments.run_dirs), leaderboard_document, "Leaderboard")
