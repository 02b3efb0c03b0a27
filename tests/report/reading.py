"""Reading a run's page, and what it was made of."""

import csv
import io

from PIL import Image

from oodflow.document import Paragraph, Section, plain
from oodflow.evaluation.record import Evaluation


def evaluation_of(run):
    (file,) = run.glob("evaluations/*/evaluation.json")
    return Evaluation.read(file), file.parent


def items_of(folder, of):
    """What an evaluation says of each image or row of a set."""
    return [line for line in csv.DictReader((folder / "scores.csv").read_text().splitlines()) if line["set"] == of]


def part(document, *titles):
    """A section, by the titles that lead there."""
    block = document
    for title in titles:
        (block,) = [one for one in block.blocks if isinstance(one, Section) and one.title == title]
    return block


def of_kind(blocks, kind):
    for block in blocks:
        if isinstance(block, kind):
            yield block
        if isinstance(block, Section):
            yield from of_kind(block.blocks, kind)


def paragraphs(blocks):
    return [plain(one.text) for one in of_kind(blocks, Paragraph)]


def pixels(report, picture):
    return Image.open(io.BytesIO(report.pictures[picture.file]))
