"""Shares of the limit that were stored, to tell by hand whether something has become slower."""

from pathlib import Path
from typing import ClassVar

from oodflow.bench.record import BenchRecord, Spread
from oodflow.errors import OodflowError, UsageError
from oodflow.records import Record

TOLERANCE = 0.10  # relative; more where the rounds themselves lay further apart
RESTLESS = 0.50  # with a tolerance above this a guard would guard nothing


class Ratio(Record):
    """A share of the limit, 1 being all of it.

    Attributes:
        share: median over the rounds.
        low: lowest round.
        high: highest round.
        tolerance: how far below ``share``, relative to it, a later measurement may lie.
    """

    share: float
    low: float
    high: float
    tolerance: float


class Ratios(Record):
    """Shares, and what they were measured with.

    Attributes:
        command: what measured them.
        commit: of the source.
        cpu: model of the processor.
        threads: how many torch used.
        torch: its version.
        shares: by ``recipe/scale/train`` or ``recipe/scale/score``.
    """

    version: ClassVar[int | None] = 1
    migrations: ClassVar = {0: dict}  # there was no version yet
    remedy: ClassVar[str] = "`oodflow bench --store` writes it anew"

    command: str
    commit: str | None
    cpu: str
    threads: int
    torch: str
    shares: dict[str, Ratio]


def ratios(record: BenchRecord) -> Ratios:
    """Take the shares out of a record that :func:`oodflow.bench.run.bench` made.

    The tolerance is 10 %, or the distance between the lowest and the highest round where that is more.
    """
    shares = {
        f"{row.recipe}/{row.scale}/{what}": _ratio(speed.share)
        for row in record.flows
        for what, speed in (("train", row.train), ("score", row.score))
    }
    made = record.provenance
    return Ratios(
        command=made.command, commit=made.commit, cpu=record.cpu, threads=made.threads, torch=made.torch, shares=shares
    )


def write_ratios(record: BenchRecord, path: Path) -> None:
    """Store the shares of a record.

    Raises:
        OodflowError: the rounds lie too far apart to hold anything against them.
    """
    found = ratios(record)
    if restless := [name for name, ratio in found.shares.items() if ratio.tolerance > RESTLESS]:
        raise OodflowError(
            f"nothing was stored in {path}, for the rounds lie too far apart ({', '.join(restless)}): measure while "
            "the machine does nothing else, or with more --rounds."
        )
    found.write(path)


def load_ratios(path: Path) -> Ratios:
    """Read what :func:`write_ratios` wrote.

    Raises:
        UsageError: there is no such file.
        OodflowError: the file is something else.
    """
    if not path.is_file():
        raise UsageError(f"{path} is not there: measure it first with `oodflow bench --store {path}`.")
    return Ratios.read(path)


def fallen(stored: Ratios, measured: Ratios) -> list[str]:
    """Name what has fallen below its stored share by more than the tolerance; one phrase each.

    Raises:
        UsageError: nothing that is stored was measured.
    """
    common = [name for name in stored.shares if name in measured.shares]
    if not common:
        raise UsageError(
            f"nothing that was measured is stored: stored are {', '.join(stored.shares)}; choose them with --recipes "
            "and --scale."
        )
    pairs = {name: (stored.shares[name], measured.shares[name].share) for name in common}
    return [
        f"{name} from {100 * before.share:.1f} to {100 * now:.1f} % (tolerance {100 * before.tolerance:.0f} %)"
        for name, (before, now) in pairs.items()
        if now < before.share * (1 - before.tolerance)
    ]


def differences(stored: Ratios, measured: Ratios) -> list[str]:
    """Say what was not the same when the shares were stored, for that too may move them."""
    return [
        f"Stored with {name} {getattr(stored, name)}, measured with {getattr(measured, name)}: compare with care."
        for name in ("cpu", "threads", "torch")
        if getattr(stored, name) != getattr(measured, name)
    ]


def _ratio(share: Spread) -> Ratio:
    spread = (share.high - share.low) / share.median
    return Ratio(share=share.median, low=share.low, high=share.high, tolerance=max(TOLERANCE, spread))
