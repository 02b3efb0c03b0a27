"""A detector as other libraries have them, one library a file, each with the signs that are the library's.

They import their library, so each is imported by name, as in
``from oodflow.detectors.adapters.pyod import PyODFlowDetector``.
"""
