"""The command line: parses, calls one function, prints."""

from oodflow.cli.main import main

__all__ = ["main"]
