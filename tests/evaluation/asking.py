"""How the tests ask a run, and what they look at."""

import shutil

from safetensors.numpy import load_file

from oodflow.evaluation.record import Evaluation, evaluations
from oodflow.files import file_name
from oodflow.runs import RunDir


def unescaped(page):
    """What a reader of Markdown sees."""
    return page.replace("\\", "")


def newest(run) -> Evaluation:
    return evaluations(RunDir(run))[-1]


def folders(run):
    return sorted((run / "evaluations").iterdir())


def scores_of(run, name):
    """The scores of a set in the only evaluation that there is."""
    (folder,) = folders(run)
    return load_file(folder / "scores" / f"{file_name(name)}.safetensors")


def asked(oodflow, run, *arguments):
    """Evaluate anew, without what was kept."""
    for folder in ("evaluations", "statistics"):
        shutil.rmtree(run / folder, ignore_errors=True)
    result = oodflow("evaluate", run, *arguments)
    assert result.code == 0, result.err
    return result
