"""A run as one page: what it is, what it takes for its own, which images those are and why."""

from oodflow.report.run_report.report import Report, run_report

__all__ = ["Report", "run_report"]
