"""The way in from other code: the checkpoints of the paper's authors."""

from oodflow.interop.original import ORIGINAL_FLOWS, load_original, original_config, original_flow

__all__ = ["ORIGINAL_FLOWS", "load_original", "original_config", "original_flow"]
