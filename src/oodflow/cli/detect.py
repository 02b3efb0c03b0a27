"""``oodflow detect``."""

import csv
import json
import math
import shlex
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import cast

from oodflow import ranks
from oodflow.cli.display import scoring_progress
from oodflow.deployment.caller import Caller
from oodflow.deployment.detect import open_detector
from oodflow.deployment.detector import Detector, Finding
from oodflow.deployment.drift import Drift
from oodflow.deployment.options import DetectionOptions
from oodflow.deployment.pictures import Pictures
from oodflow.deployment.reader import STDIN
from oodflow.deployment.standard_input import Bytes, Lines
from oodflow.errors import UsageError
from oodflow.files import legible
from oodflow.runs import RunDir
from oodflow.session.progress import progress_console

Write = Callable[[Iterable[Finding]], None]


def run(arguments: Namespace) -> int:
    """Judge data as they come, a line each; exit code 1 when some could not be."""
    options = DetectionOptions(**{name: getattr(arguments, name) for name in DetectionOptions.model_fields})
    with scoring_progress() if ranks.is_first() else nullcontext() as progress:
        caller = Caller(shlex.join(arguments.command), arguments.data_dir, progress, progress_console.print)
        run_dir = RunDir.open(arguments.run_dir, arguments.restated).writing_to(arguments.out)
        detector = open_detector(run_dir, options, caller)
    drift = None
    if arguments.drift or arguments.drift_level is not None:
        level = 100.0 if arguments.drift_level is None else arguments.drift_level
        drift = Drift(detector.calibrated.held_out, level=level, seed=options.seed)
    try:
        return _judge(detector, arguments, drift)
    finally:
        if drift is not None and drift.data and not isinstance(sys.exception(), BrokenPipeError):
            _sum_up(drift, as_json=arguments.json)


def _judge(detector: Detector, arguments: Namespace, drift: Drift | None) -> int:
    lines, names = Lines(cast(Bytes, sys.stdin.buffer)), _names(detector, arguments)
    write = _write_json if arguments.json else _write_csv()
    failed = False
    for findings in detector.judge_files(arguments.files, lines, names=names):
        write(findings)
        sys.stdout.flush()
        failed = failed or any(one.verdict == "error" for one in findings)
        if drift is not None:
            drift.see(findings)
    return int(failed)


def _names(detector: Detector, arguments: Namespace) -> bool:
    """Tell whether lines of standard input are names of files."""
    images = isinstance(detector.reader, Pictures)
    if arguments.stdin == "rows" and images and STDIN in arguments.files:
        raise UsageError("this flow is over images, which do not come as rows: name their files, with --stdin names.")
    return images if arguments.stdin is None else bool(arguments.stdin == "names")


def _write_csv() -> Write:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if ranks.is_first():
        writer.writerow(Finding._fields)

    def write(findings: Iterable[Finding]) -> None:
        writer.writerows(
            (legible(one.file), one.row, _short(one.score), _short(one.p_value), one.verdict, legible(one.error))
            for one in findings
        )

    return write


def _write_json(findings: Iterable[Finding]) -> None:
    for one in findings:
        score = one.score if one.score is None or math.isfinite(one.score) else None  # which JSON can't hold
        print(json.dumps(one._replace(score=score)._asdict(), allow_nan=False))


def _sum_up(drift: Drift, *, as_json: bool) -> None:
    summary = drift.summary()
    if as_json:
        print(json.dumps({"drift": summary.as_dict()}))
    else:
        progress_console.print(summary.sentence)


def _short(number: float | None) -> str:
    return "" if number is None else f"{number:.8g}"
