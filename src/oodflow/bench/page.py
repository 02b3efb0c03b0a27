"""The record as a page: ratios first, for they alone may be compared between machines."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oodflow.document.markdown import line

Record = Mapping[str, Any]

BUSY = 0.5  # processes that wanted a core in the minute before

INTRODUCTION = """\
Medians of {rounds} round{s} in which all that is divided by one another took turns, and in brackets the lowest and the
highest round. Ratios may be compared between machines; images a second may not. Flows train and score on random
8-bit images, {batch} at once."""

SHARES = """\
Share of the limit: the FLOP of a forward pass (scoring) or of forward and backward (training), counted, over the time
and the rate at which this machine does 3x3 convolutions of the flow's shapes with nothing around them (channels-last;
thin and 1x1 convolutions count with the rate of the widest at their size; harmonic mean, weighted with FLOP)."""

PEERS = """\
How many times as fast ours is, above 1: faster. Both are built as alike as they allow, train with Adam, and do so by
turns in one process. GFLOP/s tells what differing sizes hide."""

MEMORY = """\
The most that a process which trains had in memory, libraries and all; its growth is over what it had before there was a
flow. Reversible is `training.memory=reversible`, which stores no activations and computes them again."""


def as_markdown(record: Record) -> str:
    """Write a record of :func:`oodflow.bench.run.bench` as a page."""
    introduction = INTRODUCTION.format(
        rounds=record["rounds"], s="" if record["rounds"] == 1 else "s", batch=record["batch"]
    )
    parts = [
        "# Speed", introduction,
        "## Share of this machine's limit", SHARES, _shares(record["flows"]),
        *(["## Beside other libraries", PEERS, _peers(record["peers"]), _sizes(record["peers"])]
          if record["peers"] else []),
        "## Memory of training", MEMORY, _memory(record["flows"]),
        "## Around the flow", _surroundings(record["surroundings"]), _startup(record["startup"]),
        "## On this machine", _throughput(record["flows"]), _limits(record["limits"]),
        "## What these rest on", _grounds(record),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def spread(value: Mapping[str, float], factor: float = 1.0, digits: int = 2) -> str:
    """Write a median with the lowest and highest round.

    Example:
        >>> spread({"median": 0.5, "low": 0.25, "high": 1234.5}, 100, 1)
        '50.0 [25.0, 123,450.0]'
    """
    median, low, high = (f"{factor * value[name]:,.{digits}f}" for name in ("median", "low", "high"))
    return f"{median} [{low}, {high}]"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a table, or nothing where there are no rows."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(map(line, lines)) if rows else ""


def _shares(flows: Sequence[Record]) -> str:
    return table(
        ["configuration", "scale", "parameters", "training, % of the limit", "scoring, % of the limit"],
        [
            [row["recipe"], row["scale"], f"{row['parameters']:,}",
             *(spread(row[what]["share"], 100, 1) for what in ("train", "score"))]
            for row in flows
        ],
    )  # fmt: skip


def _peers(peers: Sequence[Record]) -> str:
    rows = []
    for row in peers:
        name = " ".join([row["peer"], row.get("version", "")]).strip()
        if "missing" in row:
            rows.append([name, row["missing"], "", "", ""])
        else:
            ratios = [spread(row[what]["ratio"]) for what in ("train", "score")]
            rows.append([name, row["theirs"], row["ours"], *ratios])
    return table(["library", "its flow", "ours", "training, ours/theirs", "scoring, ours/theirs"], rows)


def _sizes(peers: Sequence[Record]) -> str:
    header = ["flow", "parameters", "MFLOP an image, forward"]
    header += ["training, images/s", "training, GFLOP/s", "scoring, images/s", "scoring, GFLOP/s"]
    rows = []
    for row in peers:
        for who in ("theirs", "ours") if "missing" not in row else ():
            name = row["peer"] if who == "theirs" else f"ours, beside {row['peer']}"
            cells = [name, f"{row['parameters'][who]:,}", f"{row['score'][who]['flop_per_image'] / 1e6:.2f}"]
            rows.append(cells + [cell for what in ("train", "score") for cell in _rates(row[what][who])])
    return table(header, rows)


def _throughput(flows: Sequence[Record]) -> str:
    header = ["configuration", "scale", "GFLOP an image, forward", "training, images/s", "training, GFLOP/s",
              "scoring, images/s", "scoring, GFLOP/s"]  # fmt: skip
    return table(header, [
        [row["recipe"], row["scale"], f"{row['score']['flop_per_image'] / 1e9:.4f}", *_rates(row["train"]),
         *_rates(row["score"])]
        for row in flows
    ])  # fmt: skip


def _memory(flows: Sequence[Record]) -> str:
    rows = []
    for row in flows:
        stored, reversible = (row["memory"][kind] for kind in ("stored", "reversible"))
        grown = [kind["growth_bytes"] for kind in (stored, reversible)]
        whole = [kind["import_bytes"] + kind["growth_bytes"] for kind in (stored, reversible)]
        rows.append([
            row["recipe"], row["scale"], *(f"{size / 2**20:,.0f}" for size in whole), f"{grown[1] / grown[0]:.2f}",
            spread(row["reversible_time"]),
        ])  # fmt: skip
    header = ["configuration", "scale", "stored, MiB", "reversible, MiB", "growth, reversible/stored",
              "time of a step, reversible/stored"]  # fmt: skip
    return table(header, rows)


def _rates(result: Record) -> list[str]:
    speed = result["images_per_second"]
    return [spread(speed, digits=0 if speed["median"] >= 10 else 2), spread(result["flop_per_second"], 1e-9, 1)]


def _limits(limits: Record) -> str:
    rows = [
        [row["name"], *(spread(row[f"{what}_flop_per_second"], 1e-9, 0) for what in ("forward", "train", "product"))]
        for row in limits["layers"]
    ]
    header = ["layer", "forward, GFLOP/s", "forward and backward, GFLOP/s", "the same as a matrix product, GFLOP/s"]
    copy = spread(limits["copy_bytes_per_second"], 1e-9, 1)
    return f"{table(header, rows)}\n\nCopying in memory, read and written: {copy} GB/s."


def _surroundings(around: Record) -> str:
    rows = [
        ["loading and noise, % of a training step with them", spread(around["loading"], 100, 2)],
        *([f"score {name}, % of the likelihood pass on top of it", spread(share, 100, 2)]
          for name, share in around["scores"].items()),
        ["evaluate beside scoring, images that could be scored meanwhile", spread(around["evaluate"]["images"], 1, 0)],
        ["evaluate beside scoring, seconds", spread(around["evaluate"]["seconds"])],
    ]  # fmt: skip
    return table([f"{around['recipe']}, {around['scale']} scale", "measured"], rows)


def _startup(startup: Record) -> str:
    times: Callable[[str], str] = lambda name: spread(startup["seconds"][name], 1e3, 0)  # noqa: E731
    rows = [
        [name, f"{spread(ratio)} x {startup['beside'][name]}", times(name), times(startup["beside"][name])]
        for name, ratio in startup["ratios"].items()
    ]
    return table(["start-up", "ratio", "ms", "ms of what it stands beside"], rows)


def _grounds(record: Record) -> str:
    load = "" if record["load"] is None else f", load {record['load']:.1f} at the start"
    threads = f"{record['threads']} thread{'s' if record['threads'] > 1 else ''} of {record['cpus']} cores"
    skipped = sum(row["skipped_steps"] for row in record["flows"])
    busy = record["load"] is not None and record["load"] > BUSY
    return "\n".join([
        *(["- **Something else was using this machine: measure again when it is idle.**"] if busy else []),
        f"- `{record['command']}` (commit {record['commit']}, {record['date'][:10]})",
        f"- {record['cpu']}, {threads}{load}",
        f"- oodflow {record['oodflow']}, torch {record['torch']}, Python {record['python']}, {record['system']}",
        f"- {skipped} training steps skipped",
    ])  # fmt: skip
