"""A reproduction as a page."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from oodflow.document import (
    Align,
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
    """Lay a reproduction out. That of one experiment is called as it is; others are called ``title``."""
    rests = Section("What these rest on", tuple(_rests(record)))
    match tuple(record.experiments.values()):
        case (one,):
            about = (_told(record, f"From {SOURCE}"), *_shown(one, record.figures), Paragraph(READING))
            return Document(_heading(one), (*about, rests))
        case several:
            sections = (Section(_heading(one), tuple(_shown(one, record.figures))) for one in several)
            about = (_told(record, f"Tables and figures of {SOURCE}"), _overview(record), Paragraph(READING))
            return Document(title, (*about, *sections, rests))


def _told(record: Reproduction, of: str) -> Paragraph:
    every = Counter(claim.verdict for _, claim in verdicts(record))
    told = ", ".join(f"{verdict}: {every[verdict]}" for verdict in VERDICTS if every[verdict])
    seeds = ", ".join(map(str, record.seeds))
    encoder = f", encoder {record.encoder}" if record.encoder else ""
    return Paragraph(
        f"{of}, at {record.scale} scale, seeds {seeds}{encoder}. Of {every.total()} claims, {told or 'none'}."
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


def _heading(one: Reproduced) -> str:
    return f"{one.place}: {one.title}" if one.place else one.title


def _shown(one: Reproduced, figures: str) -> Iterator[Block]:
    yield Paragraph(one.about)
    if one.claims:
        yield claims_table(one.claims)
        yield from _notes(one.claims)
    for picture in one.pictures:
        file, caption = str(PurePosixPath(figures) / picture.file), picture.caption
        yield Figure(caption.rstrip("."), file, caption, caption)
    for flow, distribution in one.distributions.items():
        yield Distributions(flow, (distribution,))


def claims_table(claims: Sequence[Checked]) -> Table:
    """Put claims, by number, with their verdicts beside the paper's numbers; columns that say nothing are left out."""
    header = ["", "claim", "verdict", "measured [95 %]", "paper", "expected", "learned nothing", "resolution", "what"]
    rows = [[str(place), *_row(claim)] for place, claim in enumerate(claims, 1)]
    says = [place for place in range(len(header)) if any(row[place] for row in rows)]
    align: list[Align] = ["right" if place == 0 else "left" for place in says]
    return table([header[place] for place in says], [[row[place] for place in says] for row in rows], align)


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
        return high and f"below {high}"
    return f"{low} to {high}" if high else f"above {low}"


def _measured(claim: Checked) -> str:
    if claim.measured is None:
        return ""
    if claim.interval is None or claim.measured.exact:
        return number(claim.measured.numbers[0], claim.digits)
    return with_interval(claim.interval, claim.digits)


def _notes(claims: Sequence[Checked]) -> Iterator[Block]:
    """Say why ranges are what they are, and why claims were not run, each once, with the numbers of the claims."""
    ranges = _shared(claim.why for claim in claims)
    missing = _shared(claim.reason if claim.verdict == "not run" else "" for claim in claims)
    lines = (
        *(f"Range of {places}: {why}" for why, places in ranges.items()),
        *(f"Not run, {places}: {reason}" for reason, places in missing.items()),
    )
    if lines:
        yield Bullets(lines)


def _shared(notes: Iterable[str]) -> dict[str, str]:
    """Say of each note which claims it is of.

    Example:
        >>> _shared(["small", "", "small", "large", "small"])
        {'small': '1, 3, 5', 'large': '4'}
    """
    places: dict[str, list[str]] = {}
    for place, note in enumerate(notes, 1):
        if note:
            places.setdefault(note, []).append(str(place))
    return {note: ", ".join(of) for note, of in places.items()}


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
