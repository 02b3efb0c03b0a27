"""``oodflow reproduce``."""

import json
import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from oodflow.cli.display import show
from oodflow.data.found import same_name
from oodflow.document import Document, Paragraph, table
from oodflow.errors import OodflowError, UsageError
from oodflow.paper.cost import Clock, in_words
from oodflow.paper.experiment import Experiment
from oodflow.paper.experiments import EXPERIMENTS
from oodflow.paper.graph import Work, named, nodes, plan
from oodflow.paper.lab import Lab
from oodflow.paper.page import reproduction_document, write_reproduction
from oodflow.paper.reproduction import Reproduction, reproduction
from oodflow.recipes import SCALES
from oodflow.session.progress import progress_console, training_progress

ALL, LIST = "all", "list"


def run(arguments: Namespace) -> int:
    """List the experiments, print the graph of some, or do them and show what came of it."""
    if arguments.name == LIST:
        if arguments.plan or arguments.page or arguments.only is not None:
            raise UsageError("list lists what there is: leave --plan, --page and --only away, or name an experiment.")
        _list(arguments)
        return 0
    name = same_name(arguments.name, EXPERIMENTS) or arguments.name
    experiments = dict(EXPERIMENTS) if name == ALL else {name: EXPERIMENTS[name]}
    lab = _lab(arguments, arguments.scale)
    _require_writable(lab)
    every, clock = nodes(experiments.values(), lab), Clock(lab)
    if arguments.plan:
        print(plan(every, name, lab, clock).as_json(), end="")
        return 0
    work = Work(lab, clock)
    if arguments.only is not None:
        work.do_one(named(every, arguments.only))
        return _report({**work.blocked, **work.failed})
    if arguments.page:
        work.look(every)
    else:
        work.do(every)
    page = lab.folder if name == ALL else lab.folder / name
    failed = {**work.blocked, **work.failed}
    _finish(reproduction(experiments, lab, failed, shlex.join(arguments.command), page), page, arguments)
    for reason in dict.fromkeys(work.blocked.values()):
        progress_console.print(f"Not run: {reason}")
    return _report(work.failed)


def _lab(arguments: Namespace, scale: str) -> Lab:
    if scale not in SCALES:
        raise UsageError(f"--scale is {scale!r}: expected one of {', '.join(SCALES)}.")
    folder = arguments.out or Path("reproductions") / scale
    if not folder.name.strip("."):
        raise UsageError(f"--out is {folder}: name a folder, for the page of all lies beside it, under the same name.")
    seeds = tuple(dict.fromkeys(arguments.seeds))
    return Lab(
        folder=folder,
        scale=scale,
        seeds=seeds,
        pictures=frozenset(picture.file(min(seeds)) for one in EXPERIMENTS.values() for picture in one.pictures),
        root=arguments.data_dir,
        encoder=arguments.encoder,
        device=arguments.device,
        say=progress_console.print,
        watch=training_progress,
    )


def _require_writable(lab: Lab) -> None:
    """Refuse a folder that nothing could be written to, before any work is done.

    Raises:
        OodflowError: naming it.
    """
    here = next(path for path in (lab.folder, *lab.folder.absolute().parents) if path.exists())
    if not here.is_dir() or not os.access(here, os.W_OK):
        raise OodflowError(f"{lab.folder} can't be written: choose another folder with --out.")


def _finish(record: Reproduction, path: Path, arguments: Namespace) -> None:
    """Write the page of what was asked, and show it or print JSON."""
    before = _seeds_of(path.with_suffix(".json"))
    *others, page = write_reproduction(record, path)
    if not before <= set(record.seeds):
        seeds = " ".join(map(str, sorted(before | set(record.seeds))))
        progress_console.print(f"There was a page of more seeds: `--seeds {seeds} --page` writes it anew.")
    if arguments.json:
        print(record.as_json(), end="")
        return
    show(reproduction_document(record, f"{arguments.name}, {record.scale} scale"))
    sys.stdout.flush()  # or else what follows would stand in the middle of it
    progress_console.print(f"Wrote {', '.join(map(str, others))} and {page}")


def _seeds_of(page: Path) -> set[int]:
    """Tell which seeds a page is of that is there already."""
    try:
        return set(Reproduction.read(page).seeds)
    except OodflowError:  # there is none, or it is damaged
        return set()


def _report(failed: Mapping[str, str]) -> int:
    """Say what could not be done. That data are not at hand is no failure: the page says so.

    Raises:
        OodflowError: something could not be done.
    """
    reasons: dict[str, list[str]] = {}
    for name, reason in failed.items():
        reasons.setdefault(reason, []).append(name)
    if reasons:
        told = [f"{names[0]}{_others(len(names) - 1)}: {reason}" for reason, names in reasons.items()]
        raise OodflowError(f"could not be done: {' '.join(told)}")
    return 0


def _others(count: int) -> str:
    return f" and {count} more" if count else ""


def _list(arguments: Namespace) -> None:
    """Show each experiment, what of it is done, and what all of it would take here at each scale."""
    progress_console.print("Counting what each flow computes, which takes a minute ...")
    costs = {name: {scale: _cost(one, _lab(arguments, scale)) for scale in SCALES} for name, one in EXPERIMENTS.items()}
    if arguments.json:
        print(json.dumps({name: {scale: cost._asdict() for scale, cost in of.items()} for name, of in costs.items()}))
        return
    rows = [[name, one.place, one.title, *map(str, costs[name].values())] for name, one in EXPERIMENTS.items()]
    header = ["name", "paper", "shows", *(f"{scale}: done, left" for scale in SCALES)]
    about = Paragraph("Pieces of work that are done, of all, and about how long the rest takes alone on this machine.")
    show(Document("", (table(header, rows), about)))


class Cost(NamedTuple):
    """What of an experiment is done at a scale, of how many pieces of work, and how many seconds the rest takes."""

    done: int
    of: int
    seconds: float | None

    def __str__(self) -> str:
        left = "" if self.seconds is None else f", {in_words(self.seconds)}"
        return f"{self.done} of {self.of}{left}"


def _cost(one: Experiment, lab: Lab) -> Cost:
    clock, every = Clock(lab), nodes([one], lab)
    left = [node for node in every if not node.done(lab)]
    guesses = [seconds for node in left if (seconds := clock.seconds(node)) is not None]
    return Cost(len(every) - len(left), len(every), sum(guesses) if guesses else None)
