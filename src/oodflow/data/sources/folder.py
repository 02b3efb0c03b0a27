"""A user's own pictures in a folder."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from oodflow.data import cache as kept
from oodflow.data.image_set import CHUNK_BYTES, Images, Shape
from oodflow.data.layout import layout_of, part_in
from oodflow.data.own_path import require_folder
from oodflow.data.pixel_range import PixelRange, masks
from oodflow.data.source import ImageSource
from oodflow.data.sources.picture import Unreadable, pixels, read_bytes
from oodflow.data.walk import Walk, in_words, walk
from oodflow.errors import OodflowError

ENDINGS = {
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".gif", ".webp", ".tif", ".tiff", ".ppm",
    ".pgm", ".pbm", ".pnm",
}  # fmt: skip


class Folder(ImageSource):
    """Pictures of a folder and all folders in it, in the order of their names.

    Its parts are found by :func:`~oodflow.data.layout.layout_of`, its files by :func:`~oodflow.data.walk.walk`.

    Args:
        path: of the folder.
        limits: the numbers for black and white in pictures of more than 8 bits; without: what each tells of itself.
        only: the folder in it, such as ``test/scratch``, of which alone pictures are taken, as one part; without: all.
        skip_bad: how many pictures that can't be read are left out; where there are more, all are named.
        cache: where it is kept which those are.
    """

    description = "your own pictures"
    licence = "yours"
    own = True
    shape = None

    def __init__(
        self,
        path: Path,
        limits: PixelRange | None = None,
        only: str | None = None,
        skip_bad: int = 0,
        cache: Path | None = None,
    ) -> None:
        require_folder("folder", path)
        self.name = f"folder:{path}" + (f"?part={only}" if only else "")
        self.path, self.limits, self.skip_bad, self.cache = path, limits, skip_bad, cache
        self.reading = ("" if limits is None else f"range={limits}") + (f"skip_bad={skip_bad}" if skip_bad else "")
        self.layout = layout_of(path) if only is None else part_in(path, only)
        self.parts: Mapping[str, int | None] = dict.fromkeys(self.layout.parts)
        self._walked: dict[str, list[Walk]] = {}

    def files(self, part: str, root: Path) -> list[Path]:
        """The pictures, by their endings, but for those that are left out."""
        bad = {file for file, _ in self._bad(part, root)}
        return [file for file in self._pictures(part) if file not in bad]

    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """Decode; without a wanted shape the first picture tells it, and all must agree."""
        some: list[Images] = []
        first: tuple[Path, Images] | None = None
        for file, image in self._decoded(self.files(part, root), shape):
            first = first or (file, image)
            if image.shape != first[1].shape:
                raise OodflowError(
                    f"{self.name}: {self._name(file)} is {_words(image)}, but {self._name(first[0])} is "
                    f"{_words(first[1])}: "
                    "bring all to one shape by adding ?shape=CxHxW to the name of the data set."
                )
            some.append(image)
            if len(some) * image.nbytes >= CHUNK_BYTES:
                yield np.stack(some)
                some = []
        if some:
            yield np.stack(some)

    def as_they_are(self, part: str, root: Path) -> Iterator[Images]:
        """Decode one by one."""
        return (image[None] for _, image in self._decoded(self.files(part, root), None))

    def count(self, part: str, root: Path) -> int:
        """Count the files."""
        return len(self.files(part, root))

    def taken(self, part: str, root: Path) -> str:
        """Say what of the folder is in no part, which files are not read, which links were followed, what is bad."""
        seen = self._walk(part)
        others = [file for one in seen for file in one.files if file.suffix.lower() not in ENDINGS]
        every = Walk(
            links=[link for one in seen for link in one.links], passed=[one for each in seen for one in each.passed]
        )
        bad = [f"{self._name(file)} ({why})" for file, why in self._bad(part, root)]
        unread = f"left out, for they cannot be read: {', '.join(bad)}" if bad else ""
        return "; ".join(filter(None, [self.layout.note, *in_words(every, others), unread]))

    def doubts(self, part: str, root: Path) -> list[str]:
        """Pictures of 0 and 1 alone."""
        return [] if self.limits else masks(image for _, image in self._decoded(self.files(part, root), None))

    def _pictures(self, part: str) -> list[Path]:
        pictures = [file for one in self._walk(part) for file in one.files if file.suffix.lower() in ENDINGS]
        if not pictures:
            where = " and ".join(map(str, self.layout.parts[part]))
            others = "; ".join(["", *in_words(Walk(), [file for one in self._walk(part) for file in one.files])])
            raise OodflowError(f"folder:{where}: no pictures in it ({', '.join(sorted(ENDINGS))}){others}.")
        return sorted(pictures)

    def _walk(self, part: str) -> list[Walk]:
        if part not in self._walked:
            self._walked[part] = [walk(folder) for folder in self.layout.parts[part]]
        return self._walked[part]

    def _bad(self, part: str, root: Path) -> list[tuple[Path, str]]:
        """List the pictures that are left out, for they can't be read, with the reasons.

        Raises:
            OodflowError: there are more than may be left out.
        """
        if not self.skip_bad:
            return []
        pictures = self._pictures(part)
        path = kept.entry(kept.cache_dir(self.cache), root.absolute(), self.name, part, "readable", self.reading)
        origin = kept.origin_of(pictures, root)
        tried = (np.array([self._why_not(file) is None]) for file in pictures)
        readable = (kept.recall(path, origin) or kept.store(path, origin, tried, lambda _: "")).array
        bad = [(file, self._why_not(file) or "") for file, fine in zip(pictures, readable, strict=True) if not fine]
        if len(bad) > self.skip_bad:
            raise self._unreadable(bad, len(pictures))
        return bad

    def _why_not(self, file: Path) -> str | None:
        try:
            self._decode(file, None)
        except Unreadable as error:
            return error.why
        return None

    def _decoded(self, files: Sequence[Path], shape: Shape | None) -> Iterator[tuple[Path, Images]]:
        """Decode; once one can't be, the rest is only tried, so that all that can't be are named together."""
        bad: list[tuple[Path, str]] = []
        for file in files:
            try:
                image = self._decode(file, shape)
            except Unreadable as error:
                bad.append((file, error.why))
                continue
            if not bad:
                yield file, image
        if bad:
            raise self._unreadable(bad, len(files))

    def _unreadable(self, bad: Sequence[tuple[Path, str]], count: int) -> OodflowError:
        which = ", ".join(f"{self._name(file)} ({why})" for file, why in bad)
        them = "it" if len(bad) == 1 else "them"
        return OodflowError(
            f"{self.name}: {len(bad):,} of {count:,} pictures cannot be read: {which}: repair or remove {them}, or "
            f"leave {them} out with ?skip_bad={len(bad)}."
        )

    def _name(self, file: Path) -> str:
        return str(file.relative_to(self.path))

    def _decode(self, file: Path, shape: Shape | None) -> Images:
        try:
            return pixels(read_bytes(file), str(file), shape, self.limits)
        except OSError as error:
            raise Unreadable(str(file), error.strerror or str(error)) from error


def _words(image: Images) -> str:
    return "x".join(map(str, image.shape))
