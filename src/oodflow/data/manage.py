"""What a user does with data sets as a whole: see which are there, download them, check them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from oodflow.data.found import require_name
from oodflow.data.image_set import Shape
from oodflow.data.load import missing, note_of
from oodflow.data.naming import named
from oodflow.data.source import AnySource, ImageSource
from oodflow.data.sources import SOURCES
from oodflow.data.spec import parse
from oodflow.data.splits import part_of
from oodflow.errors import OodflowError
from oodflow.ownership import owned

State = Literal["ready", "partial", "missing", "built-in"]


@dataclass(frozen=True)
class SourceStatus:
    """How much of a data set is on disk.

    Args:
        name: of the data set.
        state: ``ready`` (complete), ``partial`` (usable in part), ``missing`` or ``built-in``.
        counts: images there of each part the set comes in, for example ``{"train": 60000, "test": 10000}``.
        detail: what is special or missing, in words; empty if nothing is.
    """

    name: str
    state: State
    counts: Mapping[str, int]
    detail: str


def status(name: str, root: Path) -> SourceStatus:
    """Look which parts of a data set lie under ``root``, or where it says, without reading all images.

    Example:
        >>> status("digits", Path("anywhere"))
        SourceStatus(name='digits', state='built-in', counts={'test': 1797}, detail='')
    """
    source = named(name)
    if source.built_in:
        made = {part: count or source.count(part, root) for part, count in source.parts.items()}
        return SourceStatus(name, "built-in", made, "")
    counts: dict[str, int] = {}
    details = []
    for part in source.parts:
        try:
            files = source.files(part, root)
            counts[part] = source.count(part, root) if files else 0
            note = _noted(source, part, root, counts[part], files) if counts[part] else "missing"
        except (OodflowError, OSError) as error:  # one bad set, or one that may not be read, hides no other
            counts[part], note = 0, str(error)
        if note:
            details.append(f"{part}: {note}")
    detail = "; ".join(details)
    if all(counts[part] and counts[part] == (official or counts[part]) for part, official in source.parts.items()):
        return SourceStatus(name, "ready", counts, detail)
    if any(counts.values()):
        return SourceStatus(name, "partial", counts, detail)
    return SourceStatus(name, "missing", counts, detail)


def _noted(source: AnySource, part: str, root: Path, count: int, files: Sequence[Path]) -> str:
    """Say what is special about a part, and where it lies if that is in a folder of the system's packages."""
    folders = [] if source.own else sorted({str(file.parent) for file in files if not file.is_relative_to(root)})
    elsewhere = f"in {' and '.join(folders)}" if folders else ""
    return "; ".join(filter(None, [note_of(source, part, root, count), source.taken(part, root), elsewhere]))


def at_hand(spec: str, split: str, root: Path) -> bool:
    """Tell whether a split of a data set can be opened, be it of a partial copy, without a download.

    Example:
        >>> at_hand("digits?shape=1x28x28", "test", Path("anywhere"))
        True
    """
    source = named(spec)
    return source.built_in or bool(source.files(part_of(source.name, split, source.parts), root))


def registered(name: str) -> AnySource:
    """Find a registered data set by its name, however it is written; a user's own data is none."""
    return SOURCES[require_name("data set", name, SOURCES)]


def download(
    name: str, root: Path, progress: bool = True, say: Callable[[str], object] = lambda line: None
) -> list[Path]:
    """Download what is not complete under ``root`` and give the files that the data set is read from.

    Where another process does so, it is waited for, and ``say`` is told.

    Raises:
        OodflowError: the set must be got by hand, or the download failed; see :func:`oodflow.data.fetch.fetch`.
    """
    from oodflow.data.fetch import fetch

    source = registered(name)
    if status(name, root).state in ("missing", "partial"):
        if not source.downloads:
            raise OodflowError(f"{name} cannot be downloaded: {source.by_hand} ({root / source.name}).")
        with owned(root / source.name, "is being downloaded by", wait=say):
            if status(name, root).state != "ready":  # nobody else was faster
                for remote in source.downloads:
                    fetch(remote, root, progress)
    return [file for part in source.parts for file in source.files(part, root)]


def verify(name: str, root: Path) -> list[str]:
    """Read all of a data set and check it: one sentence for each problem, none if all is well.

    A part of which only some images are there is no problem; :func:`status` tells.
    """
    source, shape = named(name), parse(name, SOURCES).shape
    return [problem for part in source.parts for problem in _problems(source, part, root, shape)]


def _problems(source: AnySource, part: str, root: Path, shape: Shape | None) -> list[str]:
    try:
        if not source.built_in and not source.files(part, root):
            return [str(missing(source, part, root))]
        if shape is not None and isinstance(source, ImageSource):
            for _ in source.chunks(part, root, shape):  # which pictures of several sizes are brought to
                pass
        else:
            source.read(part, root)
        return source.doubts(part, root)
    except OodflowError as error:
        return [str(error)]
    except OSError as error:
        return [f"{source.name} ({part}) cannot be read: {error}."]
