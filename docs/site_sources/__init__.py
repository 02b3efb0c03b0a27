"""What the site is made of: the repository's pages as they lie, and pages about the code, made of the code."""

from site_sources.layout import ROOT, lay_out

__all__ = ["ROOT", "lay_out"]
