"""A reproduction as a page."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from oodflow.document import (
    Block,
    Bullets,
    Code,
    Distributions,
    Document,
    Figure,
    Paragraph,
    Section,
    Strong,
    Table,
    Text,
    as_html,
    table,
)
from oodflow.document.numbers import number, with_interval
from oodflow.paper.claims import Checked, Verdict
from oodflow.paper.reproduction import Reproduced, Reproduction, Rest, verdicts
from oodflow.runs.pages import title_of, write_page

VERDICTS: tuple[Verdict, ...] = ("holds", "does not hold", "can't be told", "not run")

SOURCE = "Kirichenko, Izmailov, Wilson (2020), arXiv:2006.08545"

READING = (
    "A claim holds where the whole 95 % interval of what was measured lies in the range that it asks for, does not "
    "hold where it lies outside, and can't be told otherwise. Intervals are of the mean over seeds of training, with "
    "what the choice of test images leaves open; flows are compared on the same images. Resolution: how far from the "
    "end of that range a true value must be to be told four times out of five. Learned nothing: the same flow after "
    "its first step. Of claims whose true value lies at the very end of their range, one in forty is told wrongly."
)


def reproduction_document(record: Reproduction, title: str = "Reproduction") -> Document:
    """Lay a reproduction out."""
    seeds = ", ".join(map(str, record.seeds))
    every = Counter(claim.verdict for _, claim in verdicts(record))
    told = ", ".join(f"{verdict}: {every[verdict]}" for verdict in VERDICTS if every[verdict])
    encoder = f", encoder {record.encoder}" if record.encoder else ""
    return Document(
        title,
        (
            Paragraph(
                f"Tables and figures of {SOURCE}, at {record.scale} scale, seeds {seeds}{encoder}. Of "
                f"{every.total()} claims, {told}."
            ),
            _overview(record),
            Paragraph(READING),
            *(_section(name, one, record.figures) for name, one in record.experiments.items()),
            Section("What these rest on", tuple(_rests(record))),
        ),
    )


def write_reproduction(record: Reproduction, path: Path) -> tuple[Path, ...]:
    """Write ``path.md``, ``path.json`` and ``path.html``, which stands alone: all or none."""
    html = as_html(reproduction_document(record, title_of(path)), lambda file: (path.parent / file).read_bytes())
    return write_page(path, record, lambda title: reproduction_document(record, title), {".html": html.encode()})


def _overview(record: Reproduction) -> Table:
    rows = [
        [one.place or name, one.title, *(_count(one.count(verdict)) for verdict in VERDICTS)]
        for name, one in record.experiments.items()
    ]
    return table(["", "", *VERDICTS], rows, ["left", "left", "right", "right", "right", "right"])


def _count(count: int) -> str:
    return str(count) if count else ""


def _section(name: str, one: Reproduced, figures: str) -> Section:
    blocks: list[Block] = [Paragraph(one.about)]
    if one.claims:
        blocks.append(claims_table(one.claims))
        blocks += _notes(one.claims)
    blocks += [
        Figure(
            picture.caption.rstrip("."), str(PurePosixPath(figures) / picture.file), picture.caption, picture.caption
        )
        for picture in one.pictures
    ]
    blocks += [Distributions(name, (distribution,)) for name, distribution in one.distributions.items()]
    return Section(f"{one.place}: {one.title}" if one.place else one.title, tuple(blocks))


def claims_table(claims: Sequence[Checked]) -> Table:
    """Put claims with their verdicts beside the paper's numbers."""
    header = ["claim", "verdict", "measured [95 %]", "paper", "expected", "learned nothing", "resolution", "what"]
    return table(header, [_row(claim) for claim in claims])


def _row(claim: Checked) -> list[Text]:
    digits = claim.digits
    return [
        f"{claim.says} ({claim.place})" if claim.place else claim.says,
        Strong(claim.verdict) if claim.verdict in ("holds", "does not hold") else claim.verdict,
        _measured(claim),
        "" if claim.paper is None else f"{claim.paper:g}",
        _expected(claim),
        number(claim.learned_nothing, digits),
        "" if claim.measured and claim.measured.exact else number(claim.resolution, digits),
        claim.unit,
    ]


def _expected(claim: Checked) -> str:
    low, high = (number(end, claim.digits) for end in (claim.low, claim.high))
    if claim.low is not None and claim.low == claim.high:
        return low
    if not low:
        return f"below {high}"
    return f"{low} to {high}" if high else f"above {low}"


def _measured(claim: Checked) -> str:
    if claim.measured is None:
        return ""
    if claim.interval is None or claim.measured.exact:
        return number(claim.measured.numbers[0], claim.digits)
    return with_interval(claim.interval, claim.digits)


def _notes(claims: Sequence[Checked]) -> list[Block]:
    """Say why ranges are what they are, and why claims were not run, each once."""
    argued = dict.fromkeys(claim.why for claim in claims if claim.why)
    missing = dict.fromkeys(claim.reason for claim in claims if claim.verdict == "not run" and claim.reason)
    items = [*(f"On what is expected: {why}" for why in argued), *(f"Not run: {reason}" for reason in missing)]
    return [Bullets(tuple(items))] if items else []


def _rests(record: Reproduction) -> list[Block]:
    every: dict[str, Rest] = {}
    for one in record.experiments.values():
        every |= one.rests
    made = record.provenance
    machine = f"{made.system}, {made.cpus} cores, torch {made.torch}, Python {made.python}, oodflow {made.oodflow}"
    data = sorted({line for rest in every.values() for line in rest.data})
    commands = {command: rest for rest in every.values() for command in rest.commands}
    return [
        Paragraph(("Page: ", Code(made.command), f" (commit {made.commit}, {made.day}); {machine}.")),
        Bullets(tuple(_command(command, rest) for command, rest in commands.items())),
        Bullets(tuple(data)),
    ]


def _command(command: str, rest: Rest) -> Text:
    told = [f"commit {rest.commit}" if rest.commit else "", rest.date[:10]]
    return (Code(command), f" ({', '.join(filter(None, told))})" if any(told) else "")
