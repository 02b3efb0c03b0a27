"""A flow, a transformer and an objective in one file outside of the package, used by name on the command line."""

import json
import sys

import pytest

import oodflow as package
from oodflow.flows import FLOWS
from oodflow.training import OBJECTIVES
from oodflow.transformers import TRANSFORMERS

MINE = '''
"""A volume-preserving flow with a penalty on large latents, as a user of the installed package would write it."""

from typing import Literal

import torch

from oodflow.bijections import MASKS, Bijection, Chain, MultiScale
from oodflow.flows import FLOWS, FlowConfig, coupling, entrance
from oodflow.nets import ConvNetConfig
from oodflow.training import OBJECTIVES, Loss, Objective
from oodflow.transformers import TRANSFORMERS, Transformer, TransformerConfig


class Additive(Transformer):
    parameters_per_number = 1

    def forward(self, x, theta):
        return x + theta, torch.zeros_like(x)

    def inverse(self, z, theta):
        return z - theta, torch.zeros_like(z)


@TRANSFORMERS.register("additive-of-mine")
class AdditiveConfig(TransformerConfig):
    kind: Literal["additive-of-mine"] = "additive-of-mine"

    def build(self, channels):
        return Additive()


@FLOWS.register("nice-of-mine")
class NiceConfig(FlowConfig):
    kind: Literal["nice-of-mine"] = "nice-of-mine"
    couplings: int = 2
    width: int = 4

    @property
    def title(self):
        return f"NICE of {self.couplings} couplings"

    def bijection(self, shape) -> Bijection:
        masks = [MASKS["checkerboard"](shape, turn) for turn in range(self.couplings)]
        layers = [coupling(mask, ConvNetConfig(), AdditiveConfig(), self.width) for mask in masks]
        return MultiScale(shape, [Chain([*entrance(self.domain, 0.05), *layers])])


@OBJECTIVES.register("penalised-of-mine")
class Penalised(Objective):
    kind: Literal["penalised-of-mine"] = "penalised-of-mine"
    weight: float = 0.1

    def __call__(self, flow, batch):
        x, noise = batch["data"]
        terms = flow.terms(x, noise=noise)
        size = terms.z.square().mean()
        bpd = -terms.log_prob.mean() / (flow.dims * torch.tensor(2.0).log())
        return Loss(-terms.log_prob.mean() + self.weight * size, {"bpd": bpd, "size": size})


if __name__ == "__main__":
    from oodflow.testing import check_flow, check_objective, check_transformer

    check_transformer(AdditiveConfig())
    check_flow(NiceConfig())
    check_objective(Penalised())
'''


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A file of a user's own, that is forgotten afterwards."""
    file = tmp_path / "a_flow_of_mine.py"
    file.write_text(MINE)
    monkeypatch.setitem(sys.modules, file.stem, None)
    with (
        FLOWS.replacing("another", FLOWS["realnvp"]),
        OBJECTIVES.replacing("another", OBJECTIVES["likelihood"]),
        TRANSFORMERS.replacing("another", TRANSFORMERS["affine"]),
    ):
        yield file


def test_a_flow_and_an_objective(oodflow, tiny, sets, mine, tmp_path):
    run = tmp_path / "run"
    settings = ["flow=nice-of-mine", "flow.couplings=3", "objective=penalised-of-mine", "objective.weight=2"]
    assert "unknown flow 'nice-of-mine'" in oodflow(*tiny, *settings, "--out", run).error
    done = oodflow("--plugin", mine, *tiny, *settings, "--out", run)
    assert done.code == 0, done.err
    (first, *_) = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert first["size"] > 0
    for verb in (["evaluate", run], ["explain", run, "--limit", "8"]):
        result = oodflow("--plugin", mine, *verb)
        assert result.code == 0, result.err
    assert "NICE of 3 couplings" in oodflow("--plugin", mine, "compare", run).out
    assert package.load(run).config.couplings == 3


def test_without_the_file_its_kind_is_named(oodflow, tiny, mine, tmp_path):
    run = tmp_path / "run"
    assert oodflow("--plugin", mine, *tiny, "flow=nice-of-mine", "--out", run).code == 0
    kinds = {kind: FLOWS[kind] for kind in FLOWS if kind != "nice-of-mine"}
    FLOWS._entries = kinds  # as a process that has not imported the file
    assert "nice-of-mine" in (error := oodflow("evaluate", run).error)
    assert "--plugin" in error


def test_a_transformer_in_our_flows(oodflow, tiny, mine, tmp_path):
    run = tmp_path / "run"
    done = oodflow("--plugin", mine, *tiny, "flow.transformer=additive-of-mine", "--out", run)
    assert done.code == 0, done.err
    assert "additive-of-mine" in json.loads((run / "config.json").read_text())["flow"]["transformer"]["kind"]
    assert oodflow("--plugin", mine, "evaluate", run).code == 0


def test_its_own_contracts_are_public(mine):
    exec(compile(MINE, str(mine), "exec"), {"__name__": "__main__"})
