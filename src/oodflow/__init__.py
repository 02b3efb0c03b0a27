"""Normalizing flows, the out-of-distribution data they mistake for their own, and why."""

__version__ = "0.1.0"
