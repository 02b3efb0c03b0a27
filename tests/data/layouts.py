"""Tiny files in the standard layouts."""

import gzip
import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat


def random_images(n: int, *shape: int, seed: int = 0):
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8)


def idx_bytes(images, *, magic: int = 2051, count: int | None = None) -> bytes:
    n, height, width = images.shape
    return struct.pack(">4I", magic, n if count is None else count, height, width) + images.tobytes()


def write_idx(path: Path, images) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = idx_bytes(images)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def write_cifar10(root: Path, name: str, images) -> Path:
    path = root / "cifar10/cifar-10-batches-py" / name
    write_batch(path, images, labels=[0] * len(images))
    return path


def write_batch(path: Path, images, **labels) -> None:
    """As Python 2 pickled the batches of CIFAR."""
    path.parent.mkdir(parents=True, exist_ok=True)
    keyed = {name.encode(): values for name, values in labels.items()}
    path.write_bytes(pickle.dumps({b"data": images.reshape(len(images), -1), **keyed}, protocol=2))


def write_svhn(root: Path, part: str, images) -> Path:
    path = root / "svhn" / f"{part}_32x32.mat"
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"X": images.transpose(2, 3, 1, 0), "y": np.ones((len(images), 1), np.uint8)}, do_compression=True)
    return path


def jpeg(pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def write_celeba(root: Path, codes: str, *, zipped: bool = True, height: int = 218, width: int = 178) -> None:
    """Pictures 000001.jpg, … of one grey level each, 10 times their number, with the partition ``codes``."""
    folder = root / "celeba"
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{i + 1:06d}.jpg" for i in range(len(codes))]
    lines = (f"{name} {code}\n" for name, code in zip(names, codes, strict=True))
    (folder / "list_eval_partition.txt").write_text("".join(lines))
    contents = {name: jpeg(np.full((height, width, 3), 10 * (i + 1), np.uint8)) for i, name in enumerate(names)}
    if zipped:
        with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
            for name, content in contents.items():
                archive.writestr(f"img_align_celeba/{name}", content)
        return
    (folder / "img_align_celeba").mkdir()
    for name, content in contents.items():
        (folder / "img_align_celeba" / name).write_bytes(content)


def write_omniglot(root: Path, name: str, pictures, *, zipped: bool = True) -> None:
    """Pictures of two alphabets, two drawers a character, of one bit a pixel as they are published."""
    place = root / "omniglot" / (f"{name}.zip" if zipped else "unpacked")
    place.parent.mkdir(parents=True, exist_ok=True)
    members = {}
    for i, picture in enumerate(pictures):
        alphabet, character = ("Greek", "Korean")[i // 4], i // 2 % 2 + 1
        buffer = io.BytesIO()
        Image.fromarray(picture).convert("1").save(buffer, "PNG")
        members[f"{name}/{alphabet}/character{character:02d}/{i // 2:04d}_{i % 2 + 1:02d}.png"] = buffer.getvalue()
    if zipped:
        with zipfile.ZipFile(place, "w") as archive:
            archive.writestr("__MACOSX/._x.png", b"")
            for member, content in members.items():
                archive.writestr(member, content)
        return
    for member, content in members.items():
        path = root / "omniglot" / member
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write_imagenet(path: Path, images, *, compressed: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save = np.savez_compressed if compressed else np.savez
    save(path, data=images.reshape(len(images), -1), labels=np.ones(len(images), np.int64), mean=images.mean(0).ravel())


def write_picture(path: Path, pixels, **options) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


_rng = np.random.default_rng(0)
SIGNALS, BACKGROUND = 40, 70
EVENTS = _rng.standard_normal((SIGNALS + BACKGROUND, 50)).round(4)


def write_miniboone(root: Path, events=EVENTS, first: str = f" {SIGNALS}  {BACKGROUND}") -> None:
    """The layout of MiniBooNE_PID.txt."""
    (root / "miniboone").mkdir(exist_ok=True)
    lines = ["   ".join(f"{number:.6E}" for number in event) for event in events]
    (root / "miniboone/MiniBooNE_PID.txt").write_text("\n".join([first, *lines]) + "\n")


FEATURES = _rng.standard_normal((300, 27))
LABELS = _rng.integers(0, 2, 300)
_LEAST = FEATURES.min() - 1
FEATURES[:4, 0] = _LEAST  # of f0 the smallest value occurs 4 times: few enough
FEATURES[np.flatnonzero(LABELS == 1)[:7], 1:7] = _LEAST  # of f1 to f6 7 times among signals
FEATURES[np.flatnonzero(LABELS == 0)[:7], 7:13] = _LEAST  # of f7 to f12 7 times, in the background alone
FEATURES[:100, 13] = 5.0  # of f13 another value recurs


def write_hepmass(root: Path, compressed: bool = True, train=FEATURES, labels=LABELS) -> None:
    """The layout of 1000_train.csv and of 1000_test.csv, which has a column more."""
    (root / "hepmass").mkdir(exist_ok=True)
    names = ["# label", *(f"f{number}" for number in range(27))]
    for part, features, more in (("train", train, []), ("test", -train[:90], ["mass"])):
        lines = [",".join([*names, *more])]
        for label, row in zip(labels, features, strict=False):
            lines.append(",".join([f"{label:.18e}", *map(repr, map(float, row)), *(["1000.0"] * len(more))]))
        text = ("\n".join(lines) + "\n").encode()
        path = root / f"hepmass/1000_{part}.csv{'.gz' if compressed else ''}"
        path.write_bytes(gzip.compress(text) if compressed else text)
