"""Where a reproduction lies, and how it is made."""

import shlex
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oodflow.recipes.scales import Scale

IMAGES: dict[Scale, int | None] = {"smoke": 16, "cpu": 2000, "long": 2000, "paper": None}
"""By scale, at most how many images of each set are scored."""

EXPLAINED: dict[Scale, int] = {"smoke": 8, "cpu": 128, "long": 128, "paper": 512}
"""By scale, on how many images of each set couplings and latents are measured."""

FOUND = "found"
"""Name of the folder of what was measured."""


@dataclass(frozen=True)
class Lab:
    """A reproduction at one scale.

    Attributes:
        folder: holds ``runs/``, which may be removed; ``found/``, what was measured of each; and ``figures/``.
        scale: of its trainings.
        seeds: of its trainings.
        root: where data sets lie.
        encoder: a model of images, for the flows over its vectors; none: there is none.
        device: that computes.
        pictures: names of those that the page shows.
        say: takes lines for the user.
        watch: opens a progress display, which gives a callback of trainings.
    """

    folder: Path
    scale: Scale
    seeds: tuple[int, ...] = (0, 1, 2)
    root: Path | None = None
    encoder: str | None = None
    device: str = "auto"
    pictures: frozenset[str] = frozenset()
    say: Callable[[str], None] = print
    watch: Callable[[], AbstractContextManager[Any]] = nullcontext

    @property
    def first(self) -> int:
        """The seed whose pictures the page shows, in whatever order seeds are named."""
        return min(self.seeds)

    @property
    def runs(self) -> Path:
        """The trained flows."""
        return self.folder / "runs"

    @property
    def found(self) -> Path:
        """What was measured: a record a node."""
        return self.folder / FOUND

    @property
    def figures(self) -> Path:
        """Pictures, for the page."""
        return self.folder / "figures"

    def command(self, *words: str) -> str:
        """Write down a command as it would be typed."""
        return shlex.join(["oodflow", *words])

    def reproduce(self, name: str, *words: str) -> str:
        """Write down the command that goes on with this very reproduction."""
        settings = ["--scale", self.scale, "--out", str(self.folder), "--seeds", *map(str, self.seeds)]
        settings += ["--encoder", self.encoder] if self.encoder else []
        settings += ["--data-dir", str(self.root)] if self.root else []
        settings += ["--device", self.device] if self.device != "auto" else []
        return self.command("reproduce", name, *settings, *words)
