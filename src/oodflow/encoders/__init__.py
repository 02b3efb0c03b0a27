"""Outside models that turn an image into a vector: where they lie, and what they make of 8-bit images."""

from oodflow.encoders.encoder import BLOCK, Encoder, loaded, open_encoder, why_not, width
from oodflow.encoders.files import fingerprint

__all__ = ["BLOCK", "Encoder", "fingerprint", "loaded", "open_encoder", "why_not", "width"]
