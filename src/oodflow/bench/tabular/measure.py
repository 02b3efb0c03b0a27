"""Detectors on tables, one trial after the other, into a file that a stopped measurement goes on with."""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from oodflow.bench.run import cpu_model
from oodflow.bench.tabular.methods import METHODS, Method
from oodflow.bench.tabular.record import MethodFacts, Session, TabularOptions, TabularRecord, Trial
from oodflow.bench.tabular.tables import TABLES, Parts, Table, deal, find_table, read_table
from oodflow.bench.tabular.trials import Trials
from oodflow.data.root import data_root
from oodflow.errors import OodflowError, UsageError
from oodflow.metrics import aupr_out, auroc
from oodflow.runs.provenance import provenance


def measure(
    options: TabularOptions,
    path: Path,
    *,
    root: Path | None = None,
    command: str,
    say: Callable[[str], None] = print,
) -> TabularRecord:
    """Measure what was asked for and is not in the file yet.

    Seeds come in turn, each on all tables, so that of a measurement that was stopped most is of use. Where a detector
    fails on a table its trial is one of chance, and says so; one that can't be imported is left out.

    Args:
        options: what to measure.
        path: the file of trials, JSON lines.
        root: where data sets lie; none: see :func:`oodflow.data.data_root`.
        command: what the user typed, for the record.
        say: takes a line after each trial.

    Returns:
        All that was asked for.

    Raises:
        UsageError: for an unknown table or method, fewer than two methods, or a file of trials that were dealt in
            another way.
        OodflowError: a table is missing, or another one than what the trials in the file are of; the file is damaged.
    """
    root = data_root(root)
    tables, seeds = tuple(dict.fromkeys(options.tables or TABLES)), tuple(dict.fromkeys(options.seeds))
    for name in tables:
        find_table(name, root)
    methods = {name: METHODS[name] for name in options.methods or METHODS}
    facts = [MethodFacts(name=name, what=method.what, missing=_missing(method)) for name, method in methods.items()]
    there = {fact.name: methods[fact.name] for fact in facts if not fact.missing}
    if len(there) < 2:
        lacking = "; ".join(f"{fact.name} is not there ({fact.missing})" for fact in facts if fact.missing)
        came = ", ".join(methods) + (f", but {lacking}" if lacking else "")
        raise UsageError(f"the methods are {came}: two methods are compared, so name one more that is installed.")
    trials = Trials(path, options.protocol)
    for name in tables:
        if name in trials.tables:
            _known(read_table(name, root), trials)
    asked = [(table, method, seed) for seed in seeds for table in tables for method in there]
    with _threads(options.threads):
        _measure(trials, [key for key in asked if key not in trials.trials], there, root, command, say)
    return TabularRecord(
        protocol=options.protocol, seeds=seeds, sessions=tuple(trials.sessions), methods=tuple(facts),
        tables=tuple(trials.tables[name] for name in tables), trials=tuple(trials.trials[key] for key in asked),
    )  # fmt: skip


def try_one(method: Method, parts: Parts, seed: int, *, table: str, name: str, session: int) -> Trial:
    """Measure a detector on a table that was dealt.

    What it makes of a row that is not a number counts as most anomalous.
    """
    scored = np.concatenate([parts.normal, parts.anomalous])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other libraries: not for our users
            detector = method.make(seed)
            begun = time.process_time()
            detector.fit(parts.train)
            fitted = time.process_time()
            scores = -np.asarray(detector.score_samples(scored), dtype=np.float64)
        ended, failed = time.process_time(), ""
    except Exception as error:  # of a library that is not ours: no reason to lose all the rest
        begun = fitted = ended = 0.0
        scores, failed = np.zeros(len(scored)), f"{type(error).__name__}: {error}"
    normal, anomalous = np.split(np.nan_to_num(scores, nan=np.inf, posinf=np.inf, neginf=-np.inf), [len(parts.normal)])
    return Trial(
        table=table, method=name, seed=seed, auroc=auroc(normal, anomalous),
        average_precision=aupr_out(normal, anomalous), fit_seconds=fitted - begun, score_seconds=ended - fitted,
        scored=len(scored), failed=failed, session=session,
    )  # fmt: skip


def _measure(
    trials: Trials,
    wanted: list[tuple[str, str, int]],
    methods: dict[str, Method],
    root: Path,
    command: str,
    say: Callable[[str], None],
) -> None:
    """Measure what is wanted; what follows each other on a table dealt by a seed reads and deals it once."""
    session, before = -1, ("", -1)
    for done, (name, method, seed) in enumerate(wanted, 1):
        if session < 0:
            session = trials.begin(_session(command, methods))
        if before != (name, seed):
            parts = deal(_known(read_table(name, root), trials), seed, trials.protocol)
            before = name, seed
        trial = try_one(methods[method], parts, seed, table=name, name=method, session=session)
        trials.add(trial)
        seconds = trial.fit_seconds + trial.score_seconds
        result = trial.failed or f"AUROC {100 * trial.auroc:.1f} %, {seconds:.1f} s"
        say(f"{done:,} of {len(wanted):,}: {name}, seed {seed}, {method}: {result}")


def _known(table: Table, trials: Trials) -> Table:
    """Note a table, or see that it is the one that was noted."""
    facts = table.facts()
    noted = trials.tables.get(table.name)
    if noted is None:
        trials.add(facts)
    elif noted.fingerprint != facts.fingerprint:
        raise OodflowError(
            f"{table.name} has fingerprint {facts.fingerprint} but the trials in {trials.path} are of "
            f"{noted.fingerprint}: name another file."
        )
    return table


def _missing(method: Method) -> str:
    """Say why a detector can't be had; empty: it can, or fails in a way that a trial tells."""
    with warnings.catch_warnings(), suppress(Exception):
        warnings.simplefilter("ignore")
        try:
            method.make(0)
        except ImportError as error:
            return f"{error}; pip install {method.package}" if method.package else str(error)
    return ""


def _session(command: str, methods: dict[str, Method]) -> Session:
    made = provenance(command)
    packages = {method.package: version(method.package) for method in methods.values() if method.package}
    return Session(provenance=made.model_copy(update={"libraries": made.libraries | packages}), cpu=cpu_model())


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let torch, BLAS and OpenMP use so many threads."""
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with threadpool_limits(count):
            yield
    finally:
        torch.set_num_threads(before)
