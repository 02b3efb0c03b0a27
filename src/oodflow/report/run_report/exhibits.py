"""Images of a set on show: each with its scores, its latents and the couplings at work on it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oodflow.document import Block, Exhibit, Paragraph, Picture, Strong, Text, table
from oodflow.document.numbers import number, significant
from oodflow.figures import Scale, image_bytes, map_bytes
from oodflow.report.run_report.closely import Closely, Layer, Scales
from oodflow.report.run_report.distributions import axis_of, axis_values
from oodflow.report.run_report.stored import Stored

THUMBNAIL = 96  # pixels that a picture comes near to
COLOURS = ("red", "green", "blue")


@dataclass(frozen=True, eq=False)
class Exhibition:
    """Images of one set, in the order in which they are shown.

    Attributes:
        found: what the evaluation says of them.
        of: the set.
        rows: their places in it.
        names: which they are.
        images: uint8 ``[N, C, H, W]``.
        look: what the flow does to them.
        scales: of the colours of maps.
        pictures: takes the contents of all pictures, by their files.
        prefix: with which those begin.
    """

    found: Stored
    of: str
    rows: NDArray[np.intp]
    names: Sequence[str]
    images: NDArray[np.uint8]
    look: Closely
    scales: Scales
    pictures: dict[str, bytes]
    prefix: str

    def exhibit(self, place: int) -> Exhibit:
        """Show one of them."""
        name = f"no. {self.names[place]}" if self.names[place].isdecimal() else self.names[place]
        image = image_bytes(self.images[place], THUMBNAIL)
        values = {
            axis_of(self.found.evaluation, score): float(axis_values(self.found, self.of, score)[self.rows[place]])
            for score in self.found.single()
        }
        return Exhibit(
            title=name,
            picture=self._picture(place, "image", image, f"{name} of {self.of}"),
            values=tuple(values.items()),
            details=(Paragraph(self._rank(place)), *self._latents(place), *self._couplings(place)),
        )

    def _rank(self, place: int) -> str:
        """Say where the image stands among those of the test set."""
        evaluation, score = self.found.evaluation, self.found.single()[0]
        inside = self.found.values[evaluation.inside.name][score]
        below = float((inside < self.found.values[self.of][score][self.rows[place]]).mean())
        than = "likelier" if score == "likelihood" else f"lower in {score}"
        return f"{number(100 * below, 1)} % of the {evaluation.inside.unit} of {evaluation.inside.name} are {than}."

    def _latents(self, place: int) -> list[Block]:
        z, scale = self.look.z[place], self.scales.z
        names = ["z"] if len(z) == 1 else [f"z, {colour}" for colour in COLOURS] if len(z) == 3 else _numbered(len(z))
        panels = {name: (channel, scale) for name, channel in zip(names, z, strict=False)}
        panels |= {"log p(z)": (self.look.prior[place], self.scales.prior)}
        panels |= {"log-det": (self.look.log_det[place], self.scales.log_det)}
        row = [self._map(place, name, values, scale) for name, (values, scale) in panels.items()]
        legend = (
            f"The latents z, each where it belongs in the image, {_span(scale)}; and the nats that each pixel adds to "
            f"log p(z), {_span(self.scales.prior)}, and to the log-determinant, {_span(self.scales.log_det)}."
        )
        return [Paragraph((Strong("Latents. "), legend)), table(list(panels), [row])]

    def _couplings(self, place: int) -> list[Block]:
        layers, scales = self.look.layers, self.scales
        if not layers:
            return []
        rows: list[list[Text]] = [
            ["input x", *(self._of(place, layer, "input x", layer.before, scales.x) for layer in layers)],
            ["prediction", *(self._of(place, layer, "prediction", layer.prediction, scales.x) for layer in layers)],
            ["log-scale s", *(self._of(place, layer, "log-scale s", layer.log_scale, scales.s) for layer in layers)],
            ["R²", *(_r2(layer.r2[place]) for layer in layers)],
        ]
        some = f" {len(layers)} of {self.look.couplings} are shown." if len(layers) < self.look.couplings else ""
        legend = (
            f"What comes into each coupling, and what it predicts of the part that it changes (−t of an affine one), "
            f"{_span(scales.x)}; its log-scale s, {_span(scales.s)}; and R² of the prediction.{some}"
        )
        header = ["", *(str(layer.number) for layer in layers)]
        return [Paragraph((Strong("Coupling layers. "), legend)), table(header, rows)]

    def _of(self, place: int, layer: Layer, name: str, maps: NDArray[np.float64], scale: Scale) -> Picture:
        return self._map(place, f"{name}, coupling {layer.number}", maps[place], scale)

    def _map(self, place: int, name: str, values: NDArray[np.float64], scale: Scale) -> Picture:
        return self._picture(place, name, map_bytes(values, scale), f"{name} of {self.names[place]}")

    def _picture(self, place: int, name: str, content: bytes, text: str) -> Picture:
        file = f"{self.prefix}{place}-{''.join(letter if letter.isalnum() else '-' for letter in name)}.png"
        self.pictures[file] = content
        return Picture(file, text)


def _numbered(channels: int) -> list[str]:
    """Name the first channels of many."""
    return [f"z, channel {channel}" for channel in range(1, min(channels, len(COLOURS)) + 1)]


def _span(scale: Scale) -> str:
    return f"from {significant(scale.low, 2)} (dark) to {significant(scale.high, 2)} (bright)"


def _r2(value: float) -> str:
    return "" if np.isnan(value) else "below −10" if value < -10 else number(value, 2)
