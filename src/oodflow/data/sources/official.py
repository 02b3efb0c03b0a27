"""Whether a file is, byte for byte, the one that its authors published."""

import hashlib
from pathlib import Path


def unofficial(path: Path, md5: str) -> list[str]:
    """Say that a file has not the official checksum; nothing if it has."""
    with path.open("rb") as file:
        came = hashlib.file_digest(file, "md5").hexdigest()
    return [] if came == md5 else [f"{path}: its md5 is {came}, the official file has {md5}."]
