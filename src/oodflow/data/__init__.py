"""Where data comes from: sources of images and tables, splits, the cache of what was decoded, batches."""

from oodflow.data.batches import TrainingBatches, in_order
from oodflow.data.data_set import DataSet
from oodflow.data.image_set import Images, ImageSet, Shape
from oodflow.data.load import load, load_images
from oodflow.data.manage import SourceStatus, at_hand, download, status, verify
from oodflow.data.naming import canonical, same_images, same_set, shape_of, share_part, specs_of, splits_of
from oodflow.data.of_array import data_set_of
from oodflow.data.real_set import RealSet
from oodflow.data.root import data_root
from oodflow.data.source import AnySource, BuiltIn, ImageSource, Remote, Source, TableSource
from oodflow.data.sources import SOURCES
from oodflow.data.splits import SPLITS, halves, limited

__all__ = [
    "SOURCES",
    "SPLITS",
    "AnySource",
    "BuiltIn",
    "DataSet",
    "ImageSet",
    "ImageSource",
    "Images",
    "RealSet",
    "Remote",
    "Shape",
    "Source",
    "SourceStatus",
    "TableSource",
    "TrainingBatches",
    "at_hand",
    "canonical",
    "data_root",
    "data_set_of",
    "download",
    "halves",
    "in_order",
    "limited",
    "load",
    "load_images",
    "same_images",
    "same_set",
    "shape_of",
    "share_part",
    "specs_of",
    "splits_of",
    "status",
    "verify",
]
