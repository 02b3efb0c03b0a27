"""A sound file of each format that is read, and what reads it."""

import io
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from . import own

RNG = np.random.default_rng(0)
GREY, COLOUR = RNG.integers(0, 256, (6, 28, 28), np.uint8), RNG.integers(0, 256, (6, 3, 32, 32), np.uint8)
ROWS = RNG.normal(size=(20, 3))


@dataclass(frozen=True)
class Reader:
    """How a format is tried.

    Attributes:
        place: of the file, in a folder that is a data root as well.
        write: gives its sound content.
        read: reads all of it, given that folder.
    """

    place: str
    write: Callable[[], bytes]
    read: Callable[[Path], object]


def _source(name: str, part: str) -> Callable[[Path], object]:
    def read(root: Path) -> None:
        from oodflow.data import SOURCES

        source = SOURCES[name]
        source.count(part, root)
        source.read(part, root)
        source.doubts(part, root)

    return read


def _loaded(spec: str) -> Callable[[Path], object]:
    def read(root: Path) -> object:
        from oodflow.data import load

        return load(spec.format(root=root), "all", cache=root / "cache").batch(slice(0, 5))

    return read


def _saved(save: Callable[[io.BytesIO], object]) -> Callable[[], bytes]:
    def write() -> bytes:
        buffer = io.BytesIO()
        save(buffer)
        return buffer.getvalue()

    return write


def _idx() -> bytes:
    return np.array([2051, *GREY.shape], ">u4").tobytes() + GREY.tobytes()


def _gzipped() -> bytes:
    import gzip

    return gzip.compress(_idx())


def _cifar() -> bytes:
    return pickle.dumps({b"data": COLOUR.reshape(6, -1), b"labels": [1] * 6, b"filenames": ["a.png"] * 6}, protocol=2)


def _binary_cifar() -> bytes:
    return b"".join(b"\1" + image.tobytes() for image in COLOUR)


def _matlab(compressed: bool) -> Callable[[], bytes]:
    def save(buffer: io.BytesIO) -> None:
        from scipy.io import savemat

        savemat(buffer, {"X": COLOUR.transpose(2, 3, 1, 0), "y": np.ones((6, 1))}, do_compression=compressed)

    return _saved(save)


def _celeba(root: Path) -> object:
    (root / "celeba/list_eval_partition.txt").write_text("".join(f"{i:06}.jpg {i % 3}\n" for i in range(1, 7)))
    return _source("celeba", "train")(root)


def _faces(buffer: io.BytesIO) -> None:
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(1, 7):
            archive.writestr(f"img_align_celeba/{i:06}.jpg", _picture("JPEG")())


def _picture(kind: str) -> Callable[[], bytes]:
    return _saved(lambda buffer: Image.fromarray(COLOUR[0].transpose(1, 2, 0)).save(buffer, kind))


def _archive(buffer: io.BytesIO) -> None:
    np.savez_compressed(buffer, X=ROWS, y=[0] * 20)


def _text() -> bytes:
    return b"a,b,c\n" + b"".join(b"%f,%f,%f\n" % tuple(row) for row in ROWS)


def _parquet(buffer: io.BytesIO) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({name: ROWS[:, i] for i, name in enumerate("abc")}), buffer)


def _flow(root: Path) -> object:
    from oodflow.flows import load_flow

    return load_flow(root / "x.safetensors")


def _checkpoint(buffer: io.BytesIO) -> None:
    import torch

    torch.save({"net": {"module.a": torch.arange(50.0), "module.b": torch.eye(4)}, "epoch": 3}, buffer)


def _old_checkpoint(buffer: io.BytesIO) -> None:
    """As PyTorch wrote files before 1.6, which the original's are."""
    import torch

    net = {"module.a": torch.arange(50.0), "module.b": torch.eye(4)}
    torch.save({"net": net, "epoch": 3}, buffer, _use_new_zipfile_serialization=False)


def _original(root: Path) -> object:
    from oodflow.interop.original_checkpoint import read_checkpoint

    return read_checkpoint(root / "80.pt")


def _named_archive(buffer: io.BytesIO) -> None:
    np.savez_compressed(buffer, images=COLOUR, labels=[0] * 6)


def _reals_of_matlab(buffer: io.BytesIO) -> None:
    from scipy.io import savemat

    savemat(buffer, {"labels": np.ones((6, 1)), "images": COLOUR / 255}, do_compression=True)


def _reals_of_idx() -> bytes:
    return b"\0\0\x0d\3" + np.array(GREY.shape, ">u4").tobytes() + (GREY / 255).astype(">f4").tobytes()


def _cifar100() -> bytes:
    return pickle.dumps(
        {b"data": COLOUR.reshape(6, -1), b"fine_labels": [1] * 6, b"coarse_labels": [1] * 6}, protocol=2
    )


def _kaggle(root: Path) -> object:
    pictures = root / "celeba/img_align_celeba/img_align_celeba"
    pictures.mkdir(parents=True)
    for i in range(1, 7):
        (pictures / f"{i:06}.jpg").write_bytes(_picture("JPEG")())
    return _source("celeba", "train")(root)


def _partition() -> bytes:
    return b"image_id,partition\n" + b"".join(b"%06d.jpg,%d\n" % (i, i % 3) for i in range(1, 7))


def _drawings(buffer: io.BytesIO) -> None:
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(1, 7):
            archive.writestr(f"images_evaluation/Greek/character01/{i:04}_01.png", _drawing())


def _drawing() -> bytes:
    return _saved(lambda buffer: Image.fromarray(GREY[0]).convert("1").save(buffer, "PNG"))()


def _small_imagenet(buffer: io.BytesIO) -> None:
    np.savez_compressed(buffer, data=COLOUR.reshape(6, -1), labels=[1] * 6)


READERS = {
    "idx": Reader("mnist/t10k-images-idx3-ubyte", _idx, _source("mnist", "test")),
    "idx.gz": Reader("mnist/t10k-images-idx3-ubyte.gz", _gzipped, _source("mnist", "test")),
    "cifar": Reader("cifar10/cifar-10-batches-py/test_batch", _cifar, _source("cifar10", "test")),
    "mat": Reader("svhn/test_32x32.mat", _matlab(compressed=False), _source("svhn", "test")),
    "mat, compressed": Reader("svhn/test_32x32.mat", _matlab(compressed=True), _source("svhn", "test")),
    "celeba": Reader("celeba/img_align_celeba.zip", _saved(_faces), _celeba),
    **{
        kind: Reader(f"pictures/x.{kind.lower()}", _picture(kind), _loaded("folder:{root}/pictures?shape=3x8x8"))
        for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
    },
    "npy": Reader("x.npy", _saved(lambda buffer: np.save(buffer, COLOUR)), _loaded("npy:{root}/x.npy")),
    "npy, rows": Reader("x.npy", _saved(lambda buffer: np.save(buffer, ROWS)), _loaded("npy:{root}/x.npy")),
    "npz, images": Reader("x.npz", _saved(_named_archive), _loaded("npz:{root}/x.npz")),
    "mat, images": Reader("x.mat", _matlab(compressed=False), _loaded("mat:{root}/x.mat")),
    "mat, real images": Reader("x.mat", _saved(_reals_of_matlab), _loaded("mat:{root}/x.mat")),
    "idx, images": Reader("x-ubyte", _idx, _loaded("idx:{root}/x-ubyte")),
    "idx.gz, images": Reader("x-ubyte.gz", _gzipped, _loaded("idx:{root}/x-ubyte.gz")),
    "idx, real images": Reader("x.idx", _reals_of_idx, _loaded("idx:{root}/x.idx")),
    "cifar, binary": Reader("cifar10/cifar-10-batches-bin/test_batch.bin", _binary_cifar, _source("cifar10", "test")),
    "cifar100": Reader("cifar100/cifar-100-python/test", _cifar100, _source("cifar100", "test")),
    "emnist": Reader("emnist/emnist-letters-test-images-idx3-ubyte", _idx, _source("emnist_letters", "test")),
    "omniglot": Reader("omniglot/images_evaluation.zip", _saved(_drawings), _source("omniglot", "test")),
    "imagenet": Reader("imagenet32/val_data.npz", _saved(_small_imagenet), _source("imagenet32", "test")),
    "celeba, partition": Reader("celeba/list_eval_partition.csv", _partition, _kaggle),
    "npz": Reader("x.npz", _saved(_archive), _loaded("npz:{root}/x.npz")),
    "csv": Reader("x.csv", _text, _loaded("csv:{root}/x.csv")),
    "parquet": Reader("x.parquet", _saved(_parquet), _loaded("parquet:{root}/x.parquet")),
    "weights": Reader("x.safetensors", own.weights, _flow),
    "weights without a digest": Reader("x.safetensors", lambda: own.without_digest(own.weights()), _flow),
    "config": Reader("config.json", own.config, own.read_config),
    "record": Reader("record.json", own.record, own.read_record),
    "evaluation": Reader("evaluation.json", own.evaluation, own.read_evaluation),
    "log": Reader("log.jsonl", own.log, own.read_log),
    "checkpoint": Reader("checkpoint.safetensors", own.checkpoint, own.read_checkpoint),
    "checkpoint without a digest": Reader(
        "checkpoint.safetensors", lambda: own.without_digest(own.checkpoint()), own.read_checkpoint
    ),
    **{name: Reader(*parts) for name, parts in own.parts_of_folders().items()},
    "checkpoint of the original": Reader("80.pt", _saved(_checkpoint), _original),
    "checkpoint of the original, old": Reader("80.pt", _saved(_old_checkpoint), _original),
}  # fmt: skip
