"""Pieces of work: order, going on, what fails, and several processes."""

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from threading import Thread, Timer
from time import sleep
from typing import ClassVar

import pytest

from oodflow.errors import OodflowError, UsageError
from oodflow.ownership import owned
from oodflow.paper.cost import Clock, computation, in_words
from oodflow.paper.experiment import Experiment
from oodflow.paper.graph import Work, named, nodes, plan
from oodflow.paper.lab import Lab
from oodflow.paper.nodes import Node, Product, Training
from oodflow.paper.study import Study
from oodflow.recipes import RECIPES
from oodflow.records import Record
from oodflow.session.interrupt import Interrupted


class Note(Record):
    version: ClassVar[int | None] = 1
    text: str


@dataclass(frozen=True)
class Step(Product):
    """Writes down that it was done; one that is broken fails."""

    title: str
    after: tuple[Node, ...] = ()
    of_seed: int = 0
    broken: bool = False
    kind = "step"
    record = Note

    @property
    def name(self):
        return f"{self.title}-{self.of_seed}"

    @property
    def needs(self):
        return self.after

    @property
    def seed(self):
        return self.of_seed

    def command(self, lab):
        return lab.command("step", self.title)

    def run(self, lab):
        if self.broken:
            raise OodflowError("it is broken.")
        lab.say(f"ran {self.name}")
        Note(text=self.title).write(self.file(lab))


def experiment(*steps):
    return Experiment("Steps", "", "Steps.", others=steps)


@pytest.fixture
def said():
    return []


@pytest.fixture
def lab(tmp_path, said):
    return Lab(tmp_path / "steps", "smoke", (0, 1), say=said.append)


def ran(said):
    return [line.removeprefix("ran ") for line in said if line.startswith("ran ")]


def test_work_comes_after_what_it_needs_first_seeds_first_and_once(lab, said):
    first = [Step("a", of_seed=seed) for seed in (0, 1)]
    second = [Step("b", (one,), one.of_seed) for one in first]
    every = nodes([experiment(second[1], second[0]), experiment(second[0], first[0])], lab)
    assert [node.name for node in every] == ["a-0", "b-0", "a-1", "b-1"]
    Work(lab, Clock(lab)).do(every)
    assert ran(said) == ["a-0", "b-0", "a-1", "b-1"]


def test_what_is_done_is_not_done_again(lab, said):
    one = Step("a")
    two = Step("b", (one,))
    Work(lab, Clock(lab)).do([one])
    Work(lab, Clock(lab)).do([one, two])
    assert ran(said) == ["a-0", "b-0"]


def test_one_that_fails_is_told_and_the_rest_goes_on(lab, said):
    broken = Step("a", broken=True)
    work = Work(lab, Clock(lab))
    work.do([broken, Step("b", (broken,)), Step("c")])
    assert work.failed == {"a-0": "it is broken.", "b-0": "it is broken."}
    assert ran(said) == ["c-0"]


def test_a_signal_stops_it_all(lab, said):
    """A training that is stopped saves, and says so by an error of its own."""

    @dataclass(frozen=True)
    class Stopped(Step):
        def run(self, lab):
            raise Interrupted("stopped after step 3; saved.", 143)

    with pytest.raises(Interrupted) as caught:
        Work(lab, Clock(lab)).do([Stopped("a"), Step("b")])
    assert caught.value.exit_code == 143
    assert not ran(said)


def test_what_another_process_does_is_waited_for_at_the_end(lab, said):
    """And done, where it was stopped there, or had not been asked for what needs it."""
    one = Step("a")
    work = Work(lab, Clock(lab))
    with ExitStack() as other:
        other.enter_context(owned(lab.folder / "working" / one.name))

        def release(line):
            said.append(line)
            if "waiting until it has ended" in line:
                Timer(0.2, other.close).start()

        work.lab = replace(lab, say=release)
        work.do([one, Step("b", (one,)), Step("c")])
    assert ran(said) == ["c-0", "a-0", "b-0"]
    assert not work.failed


def test_a_folder_that_its_owner_takes_away_is_made_again(tmp_path):
    """Who waits for a folder that was made for its owner finds none when that has ended."""
    folder, got = tmp_path / "working" / "node", []
    with ExitStack() as owner:
        owner.enter_context(owned(folder))

        def wait():
            with owned(folder, wait=got.append):
                got.append(folder.is_dir())

        thread = Thread(target=wait)
        thread.start()
        while not got:
            sleep(0.01)
    thread.join(10)
    assert got[1:] == [True]


def test_a_damaged_record_is_made_again(lab, said):
    one = Step("a")
    Work(lab, Clock(lab)).do([one])
    one.file(lab).write_text("{")
    assert not one.done(lab)
    Work(lab, Clock(lab)).do([one])
    assert ran(said) == ["a-0", "a-0"]


def test_plan_tells_what_needs_what_and_what_is_done(lab):
    one = Step("a")
    two = Step("b", (one,))
    Work(lab, Clock(lab)).do([one])
    first, second = json.loads(plan([one, two], "steps", lab, Clock(lab)).as_json())["nodes"]
    assert (first["done"], second["done"], second["needs"]) == (True, False, ["a-0"])
    assert second["command"] == f"oodflow reproduce steps --scale smoke --out {lab.folder} --seeds 0 1 --only b-0"
    assert second["same_as"] == "oodflow step b"


def test_unknown_work_is_refused_with_the_nearest_names():
    with pytest.raises(UsageError, match="unknown piece of work 'a-1': did you mean a-0"):
        named([Step("a")], "a-1")


def test_operations_are_those_of_pytorchs_own_counter():
    """Which looks at each operation, and takes longer."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    for recipe in ("fashion-mnist-realnvp", "cifar10-glow", "masks-celeba-cycle"):
        config = RECIPES[recipe]("smoke")
        flow = config.flow.build((1, 28, 28) if recipe.startswith("fashion") else (3, 32, 32))
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            flow.bijection(torch.rand(1, *flow.shape))
        assert computation(config).flop == counter.get_total_flops(), recipe


def test_twice_the_layers_are_about_twice_the_operations():
    def calls(couplings):
        config = RECIPES["masks-fashion-mnist-cycle"]("smoke")
        flow = config.flow.model_copy(update={"couplings": couplings})
        return computation(config.model_copy(update={"flow": flow})).calls

    four, eight, twelve = map(calls, (4, 8, 12))
    assert 0 < four < eight
    assert twelve - eight == eight - four


def test_a_training_of_twice_the_steps_takes_twice_as_long_and_one_of_more_operations_longer(lab, monkeypatch):
    monkeypatch.setattr("oodflow.paper.cost.rate", lambda: 1e30)  # so that what operations take besides is all

    def seconds(*changes):
        return Clock(lab).seconds(Training(Study("fashion-mnist-realnvp", changes), 0))

    assert seconds("training.steps=10") > 0.01
    assert seconds("training.steps=20") == pytest.approx(2 * seconds("training.steps=10"))
    assert seconds("flow.net.blocks=4") > 1.3 * seconds()


def test_time_left_follows_what_has_been_measured(lab):
    clock = Clock(lab)
    assert clock.left([Step("a")]) == ""
    assert in_words(5400) == "1.5 h"
