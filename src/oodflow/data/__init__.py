"""Where data comes from: sources of images, splits, the cache of decoded images, batches; vectors in memory."""

from oodflow.data.batches import TrainingBatches, in_order
from oodflow.data.data_set import DataSet
from oodflow.data.image_set import Images, ImageSet, Shape
from oodflow.data.load import data_root, load, same_images, same_set, shape_of
from oodflow.data.manage import SourceStatus, download, status, verify
from oodflow.data.real_set import RealSet
from oodflow.data.source import BuiltIn, Remote, Source
from oodflow.data.sources import SOURCES
from oodflow.data.splits import SPLITS

__all__ = [
    "SOURCES",
    "SPLITS",
    "BuiltIn",
    "DataSet",
    "ImageSet",
    "Images",
    "RealSet",
    "Remote",
    "Shape",
    "Source",
    "SourceStatus",
    "TrainingBatches",
    "data_root",
    "download",
    "in_order",
    "load",
    "same_images",
    "same_set",
    "shape_of",
    "status",
    "verify",
]
