"""Which files there are in a folder and all folders in it, links followed, and what was passed over."""

import os
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HIDDEN, BROKEN, CIRCLE, TWICE, SPECIAL = (
    "hidden", "broken link", "link in a circle", "link to what is taken anyway", "no file",
)  # fmt: skip


@dataclass
class Walk:
    """What lies in a folder.

    Attributes:
        files: those of a folder before those of the folders in it, each by name; those behind links to folders last.
        links: to folders that were followed.
        passed: what was passed over, and why.
    """

    files: list[Path] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)
    passed: list[tuple[Path, str]] = field(default_factory=list)


def walk(folder: Path) -> Walk:
    """List the files of a folder and all folders in it; what is hidden is passed over.

    Links are followed wherever they lead, but no folder is entered twice, and none that the link itself lies in: so a
    walk ends, and each file behind links to folders is met once.

    Raises:
        OSError: a folder can't be read.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> (folder / "a.png").touch(), (folder / "loop").symlink_to(folder), (folder / ".b").touch()
        (None, None, None)
        >>> seen = walk(folder)
        >>> [file.name for file in seen.files], [(path.name, why) for path, why in seen.passed]
        (['a.png'], [('.b', 'hidden'), ('loop', 'link in a circle')])
    """
    found, entered = Walk(), set[Path]()
    links: deque[Path] = deque()
    _enter(folder, found, entered, links)
    while links:
        link = links.popleft()
        target = link.resolve()
        if link.parent.resolve().is_relative_to(target):
            found.passed.append((link, CIRCLE))
        elif target in entered:
            found.passed.append((link, TWICE))
        else:
            found.links.append(link)
            _enter(link, found, entered, links)
    return found


def _enter(top: Path, found: Walk, entered: set[Path], links: deque[Path]) -> None:
    """List what lies in a folder, and note the links to folders for later."""
    folders = [top]
    while folders:
        folder = folders.pop()
        if (real := folder.resolve()) in entered:
            found.passed.append((folder, TWICE))
            continue
        entered.add(real)
        inside: list[Path] = []
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
        for entry in ordered:
            path, link = Path(entry.path), entry.is_symlink()
            if entry.name.startswith("."):
                found.passed.append((path, HIDDEN))
            elif path.is_dir() if link else entry.is_dir():  # of a path it is no error that a link leads to itself
                (links if link else inside).append(path)
            elif path.is_file() if link else entry.is_file():
                found.files.append(path)
            else:
                found.passed.append((path, BROKEN if link else SPECIAL))
        folders += reversed(inside)


def in_words(seen: Walk, others: Sequence[Path]) -> list[str]:
    """Say what was left out of what lies in a folder, and what was taken from elsewhere; nothing where all is plain.

    Args:
        seen: the walk.
        others: its files that are not read, for their endings.

    Example:
        >>> in_words(Walk(links=[Path("dog")], passed=[(Path(".x"), HIDDEN)]), [Path("a.dcm"), Path("b.dcm")])
        ['left out: 2 .dcm, 1 hidden', 'followed: 1 link to a folder (dog)']
    """
    endings = Counter(path.suffix.lower() or "without ending" for path in others)
    left_out = [f"{count:,} {ending}" for ending, count in sorted(endings.items())]
    for why in (HIDDEN, BROKEN, CIRCLE, TWICE, SPECIAL):
        paths = [path for path, reason in seen.passed if reason == why]
        which = "" if why == HIDDEN else f" ({names(paths)})"
        kind = why.replace("link", "links") if len(paths) > 1 else why
        left_out += [f"{len(paths):,} {kind}{which}"] if paths else []
    said = [f"left out: {', '.join(left_out)}"] if left_out else []
    to = "link to a folder" if len(seen.links) == 1 else "links to folders"
    return said + ([f"followed: {len(seen.links):,} {to} ({names(seen.links)})"] if seen.links else [])


def names(paths: Sequence[Path], most: int = 3) -> str:
    """Name some paths, and say how many more there are.

    Example:
        >>> names([Path("a"), Path("b"), Path("c")], most=1)
        'a and 2 more'
    """
    shown = ", ".join(path.name for path in paths[:most])
    return shown + (f" and {len(paths) - most:,} more" if len(paths) > most else "")
