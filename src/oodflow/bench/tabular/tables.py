"""The tables that detectors are measured on, and how each is dealt."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oodflow.bench.tabular.record import Protocol, TableFacts
from oodflow.data.formats.meant import USUAL as FEATURES
from oodflow.data.sources.sklearn_tables import BREAST_CANCER, DIGITS, WINE, SklearnTable
from oodflow.data.tables import NpzFile
from oodflow.data.tables.npz_file import LABELS
from oodflow.errors import OodflowError, UnknownName

ADBENCH = (
    "1_ALOI", "2_annthyroid", "4_breastw", "5_campaign", "6_cardio", "7_Cardiotocography", "8_celeba", "10_cover",
    "11_donors", "12_fault", "14_glass", "15_Hepatitis", "16_http", "17_InternetAds", "18_Ionosphere", "19_landsat",
    "20_letter", "21_Lymphography", "22_magic.gamma", "23_mammography", "24_mnist", "25_musk", "26_optdigits",
    "27_PageBlocks", "28_pendigits", "29_Pima", "30_satellite", "31_satimage-2", "32_shuttle", "33_skin", "34_smtp",
    "35_SpamBase", "37_Stamps", "38_thyroid", "39_vertebral", "40_vowels", "41_Waveform", "42_WBC", "43_WDBC",
    "44_Wilt", "45_wine", "46_WPBC", "47_yeast",
)  # fmt: skip
"""Classical sets of ADBench (Han et al. 2022): those of its 47 whose files are below 4 MiB."""

SKLEARN: Mapping[str, tuple[SklearnTable, int | None]] = {
    "breast_cancer": (BREAST_CANCER, 1), "wine": (WINE, None), "digits": (DIGITS, None),
}  # fmt: skip
"""Tables of scikit-learn, with the number of the class that is normal; none: the seed says which."""

TABLES = (*ADBENCH, *SKLEARN)

CHOSEN_ON = frozenset(TABLES[::2])
"""Tables on which settings of ``FlowDetector`` were chosen: every second one, before any was looked at."""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: of it.
        rows: float64 ``[N, D]``.
        classes: ``[N]``; of a table of anomalies 0 is normal and 1 is not.
        normal: the class that is normal; none: the seed says which.
    """

    name: str
    rows: NDArray[np.float64]
    classes: NDArray[np.int64]
    normal: int | None

    def normals(self, seed: int) -> NDArray[np.bool_]:
        """Tell which rows are normal."""
        normal = seed % (int(self.classes.max()) + 1) if self.normal is None else self.normal
        return np.asarray(self.classes == normal)

    def facts(self) -> TableFacts:
        """Describe it."""
        content = hashlib.sha256(repr(self.rows.shape).encode())
        for array in (self.rows, self.classes):
            content.update(np.ascontiguousarray(array).tobytes())
        rows, columns = self.rows.shape
        anomalies = None if self.normal is None else int((~self.normals(0)).sum())
        return TableFacts(
            name=self.name, rows=rows, columns=columns, anomalies=anomalies,
            fingerprint=content.hexdigest()[:16], chosen_on=self.name in CHOSEN_ON,
        )  # fmt: skip


@dataclass(frozen=True)
class Parts:
    """What one seed makes of a table.

    Attributes:
        train: normal rows to fit to, ``[N, D]``.
        normal: other normal rows.
        anomalous: the rest.
    """

    train: NDArray[np.float64]
    normal: NDArray[np.float64]
    anomalous: NDArray[np.float64]


def find_table(name: str, root: Path) -> Path | None:
    """Find the file of a table, without reading it; scikit-learn's have none.

    Args:
        name: one of ``TABLES``, or the path of an ``.npz`` file with ``X [N, D]`` and ``y [N]``, 1 for anomalies.
        root: where data sets lie.

    Raises:
        UsageError: for an unknown name.
        OodflowError: when its file is not there.
    """
    if name in SKLEARN:
        return None
    if name not in ADBENCH and not name.endswith(".npz"):
        raise UnknownName("table", name, TABLES)
    path = root / "adbench" / f"{name}.npz" if name in ADBENCH else Path(name)
    if not path.is_file():
        where = (
            ": get it from https://github.com/Minqi824/ADBench, adbench/datasets/Classical" if name in ADBENCH else ""
        )
        raise OodflowError(f"there is no {path}{where}.")
    return path


def read_table(name: str, root: Path) -> Table:
    """Read a table; arguments and errors as :func:`find_table`, and an ``OodflowError`` when its file is damaged."""
    path = find_table(name, root)
    if path is None:
        source, normal = SKLEARN[name]
        ((rows, labels),) = source.rows("all", root)
        numbers = {label: number for number, label in enumerate(source.classes.values())}
        return Table(name, np.asarray(rows, np.float64), np.array([numbers[label] for label in labels]), normal)
    return _of_anomalies(name, NpzFile(path, FEATURES, LABELS))


def _of_anomalies(name: str, file: NpzFile) -> Table:
    blocks = [
        (block.numbers(range(file.width), np.arange(len(block))), block.labels(file.width)) for block in file.blocks()
    ]
    rows, labels = (np.ascontiguousarray(np.concatenate(parts)) for parts in zip(*blocks, strict=True))
    if not np.isfinite(rows).all() or {*labels.tolist()} != {0, 1} or (labels == 0).sum() < 4:
        raise OodflowError(
            f"{file.path}: expected finite numbers in {FEATURES}, and for each row in {LABELS} 0, normal, or 1, an "
            "anomaly: at least 4 and 1 of them."
        )
    return Table(name, rows, labels.astype(np.int64), 0)


def deal(table: Table, seed: int, protocol: Protocol) -> Parts:
    """Deal a table by the seed: half of the normal rows to fit to, the others and all anomalies to be told apart.

    What is more than the protocol's caps is left out, by chance.

    Example:
        >>> table = Table("example", np.arange(20.0).reshape(10, 2), np.repeat([0, 1], [8, 2]), 0)
        >>> parts = deal(table, 0, Protocol(train_rows=3, test_rows=10))
        >>> len(parts.train), len(parts.normal), len(parts.anomalous)
        (3, 4, 2)
    """
    generator = np.random.default_rng([seed, len(table.rows)])
    normal = table.normals(seed)
    inside, outside = (generator.permutation(np.flatnonzero(which)) for which in (normal, ~normal))
    half = len(inside) // 2
    return Parts(
        table.rows[inside[:half][: protocol.train_rows]],
        table.rows[inside[half:][: protocol.test_rows]],
        table.rows[outside[: protocol.test_rows]],
    )
