"""Where data sets lie."""

import os
from pathlib import Path

from oodflow.files import path_of


def data_root(explicit: Path | None = None) -> Path:
    """Where data sets lie: ``explicit``, else ``$OODFLOW_DATA``, else the user's cache directory."""
    if explicit is not None:
        return path_of(explicit, "root")
    if path := os.environ.get("OODFLOW_DATA"):
        return path_of(path, "$OODFLOW_DATA")
    import pooch

    return Path(pooch.os_cache("oodflow")) / "data"


def installed() -> list[Path]:
    """Where the system's packages put data sets, beside any data root: ``datasets`` in each of ``$XDG_DATA_DIRS``.

    Debian's package dataset-fashion-mnist has the official files in ``/usr/share/datasets/fashion-mnist``.
    """
    folders = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    return [Path(folder) / "datasets" for folder in folders.split(":") if folder.startswith("/")]
