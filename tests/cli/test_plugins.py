"""``--plugin``: what a user's own file registers is used by name, from the command line."""

import importlib.metadata
import sys

import pytest
from safetensors.numpy import load_file

from oodflow.files import file_name
from oodflow.scores import SCORES
from oodflow.statistics import STATISTICS

MINE = '''
"""How far an image moves its latents from the origin, as a user of the installed package would write it."""

from typing import ClassVar, Literal


from oodflow.scores import SCORES, Score
from oodflow.statistics import STATISTICS, Statistic, numbers
from oodflow.testing import check_score, check_statistic


@STATISTICS.register("norm_of_mine")
class Norm(Statistic):
    kind: Literal["norm_of_mine"] = "norm_of_mine"
    quantity: ClassVar[str] = "norm"
    power: float = 2

    def compute(self, batch):
        return numbers(batch.terms.z.abs().pow(self.power).sum(1) ** (1 / self.power))


@SCORES.register("mine")
class Mine(Score):
    kind: Literal["mine"] = "mine"
    unit: ClassVar[str] = "standard deviations"
    power: float = 2

    def reads(self):
        return (Norm(power=self.power),)

    def values(self, seen, learned):
        (norm,) = seen.values()
        return norm.copy()


if __name__ == "__main__":
    check_statistic(Norm(power=3))
    check_score(Mine())
'''


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A file of a user's own, outside of the package, that is forgotten afterwards."""
    file = tmp_path / "a_score_of_mine.py"
    file.write_text(MINE)
    monkeypatch.setitem(sys.modules, file.stem, None)
    with SCORES.replacing("another", SCORES["likelihood"]), STATISTICS.replacing("another", STATISTICS["log_prob"]):
        yield file


def test_a_score_and_a_statistic_in_one_file(oodflow, run, sets, mine):
    assert "unknown score 'mine'" in oodflow("evaluate", run, "--scores", "mine").error
    result = oodflow("--plugin", mine, "evaluate", run, "--scores", "mine", "mine?power=1")
    assert result.code == 0, result.err
    rows = [
        line.split()[1] for line in result.out.splitlines() if line.split()[1:2] and line.split()[1].startswith("mine")
    ]
    assert rows == ["mine", "mine?power=1"]
    (folder,) = (run / "evaluations").iterdir()
    saved = load_file(folder / "scores" / f"{file_name(sets.outside)}.safetensors")
    assert (saved["mine?power=1"] > saved["mine"]).all()  # the sum of sizes is more than the root of squares
    assert len(list((run / "statistics").glob("*norm_of_mine*.safetensors"))) == 4
    assert f"oodflow --plugin {mine} evaluate {run}" in oodflow("compare", run).out


def test_what_it_computes_is_kept_until_its_code_changes(oodflow, run, mine):
    arguments = ("evaluate", run, "--scores", "mine", "--plugin", mine)
    oodflow(*arguments)
    kept = {path: path.read_bytes() for path in (run / "statistics").iterdir()}
    oodflow(*arguments)
    assert {path: path.read_bytes() for path in (run / "statistics").iterdir()} == kept
    mine.write_text(MINE.replace("return numbers(", "return -numbers("))
    assert oodflow(*arguments).code == 0
    changed = set((run / "statistics").glob("*.safetensors")) - kept.keys()
    assert len(changed) == 2
    assert all((load_file(path)["values"] <= 0).all() for path in changed)


def test_its_own_contracts_are_public(mine):
    names = {"__name__": "__main__"}
    for kind in ("norm_of_mine", "mine"):
        assert kind not in STATISTICS
        assert kind not in SCORES
    exec(compile(MINE, str(mine), "exec"), names)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--plugin", "{}", "data", "list"],
        ["data", "--plugin", "{}", "list"],
        ["data", "list", "--plugin", "{}"],
        ["--plugin", "{}", "data", "list", "--plugin", "collections"],
    ],
    ids=" ".join,
)
def test_anywhere_and_often(oodflow, mine, arguments):
    assert oodflow(*[word.format(mine) for word in arguments]).code == 0
    assert "mine" in SCORES


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (None, 2, "there is no plug-in"),
        ("1 / 0", 1, "fails when it is imported: ZeroDivisionError: division by zero."),
        ("from oodflow.scores import SCORES\nSCORES.register('likelihood')(dict)", 2, "is registered already"),
    ],
)
def test_what_can_not_be_imported(oodflow, tmp_path, text, code, message):
    if text is not None:
        (tmp_path / "broken_plugin.py").write_text(text)
    result = oodflow("data", "list", "--plugin", tmp_path / "broken_plugin.py")
    assert message in result.error
    assert result.code == code


def test_a_broken_offer_of_another_package_is_one_sentence(oodflow, run, monkeypatch):
    point = importlib.metadata.EntryPoint("theirs", "no_such_module:x", "oodflow.scores")
    monkeypatch.setattr("oodflow.registry.entry_points", lambda group: [point])
    monkeypatch.setattr(SCORES, "_waiting", True)
    result = oodflow("evaluate", run, "--scores", "all", "--limit", 2)
    assert result.code == 0
    assert "oodflow: the score 'theirs' of the package no_such_module:x is left out: ModuleNotFoundError" in result.err
    assert "Warning" not in result.err
    assert result.err.count("theirs") == 1
