"""All pieces of work of a reproduction: in which order they are done, and doing them."""

import time
from collections.abc import Iterable, Sequence
from typing import ClassVar

from oodflow.data import load
from oodflow.errors import OodflowError, UnknownName
from oodflow.ownership import Owned, owned
from oodflow.paper.cost import Clock
from oodflow.paper.experiment import Experiment
from oodflow.paper.lab import Lab
from oodflow.paper.nodes import Node, Product, Training
from oodflow.records import Record
from oodflow.session.interrupt import Interrupted


class Planned(Record):
    """A piece of work, for who hands it to a scheduler.

    Attributes:
        name: of it.
        kind: train, evaluate, explain, ...
        needs: names of what has to be done before.
        done: whether it is.
        command: does it, with what else it needs that is not done.
        same_as: the command that does the same by itself.
        seconds: an estimate for this machine; none: there is none.
    """

    name: str
    kind: str
    needs: tuple[str, ...]
    done: bool
    command: str
    same_as: str
    seconds: float | None


class Plan(Record):
    """The graph of a reproduction, each piece of work after what it needs."""

    version: ClassVar[int | None] = 1

    scale: str
    nodes: tuple[Planned, ...]


def nodes(experiments: Iterable[Experiment], lab: Lab) -> list[Node]:
    """List the pieces of work of experiments, each once and after what it needs: first seeds first."""
    every = dict.fromkeys(node for one in experiments for node in one.nodes(lab))
    return sorted(every, key=lambda node: lab.seeds.index(node.seed) if node.seed in lab.seeds else 0)


def plan(every: Sequence[Node], name: str, lab: Lab, clock: Clock) -> Plan:
    """Write the graph down; ``name`` is that of the experiment it is for."""

    def planned(node: Node) -> Planned:
        words = ["reproduce", name, "--scale", lab.scale, "--out", str(lab.folder), "--only", node.name]
        return Planned(
            name=node.name,
            kind=node.kind,
            needs=tuple(one.name for one in node.needs),
            done=node.done(lab),
            command=lab.command(*words),
            same_as=node.command(lab),
            seconds=clock.seconds(node),
        )

    return Plan(scale=lab.scale, nodes=tuple(map(planned, every)))


def named(every: Sequence[Node], name: str) -> Node:
    """Find a piece of work.

    Raises:
        UnknownName: there is none of that name.
    """
    for node in every:
        if node.name == name:
            return node
    raise UnknownName("piece of work", name, [node.name for node in every])


class Work:
    """Does pieces of work, one after the other, leaving out those that others do at the same time.

    Args:
        lab: where.
        clock: tells how long they take.
        wait: whether to wait for what other processes do, rather than to leave it and what needs it to them.

    Attributes:
        blocked: by name, which data a piece of work lacks.
        failed: by name, why one could not be done.
        elsewhere: by name, which other process does it.
    """

    def __init__(self, lab: Lab, clock: Clock, *, wait: bool = False) -> None:
        self.lab, self.clock, self.wait = lab, clock, wait
        self.blocked: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        self.elsewhere: dict[str, str] = {}

    def do(self, wanted: Sequence[Node]) -> None:
        """Do all that is wanted and not done, with what it needs; what fails is said and left, the rest goes on."""
        products = [node for node in wanted if isinstance(node, Product) and not node.done(self.lab)]
        asked = [node for node in wanted if len(wanted) == 1]  # a training by itself, say
        both = dict.fromkeys(one for node in (*products, *asked) for one in (*node.needs, node))
        waiting = [node for node in both if not node.done(self.lab)]
        count = len(waiting)
        for place, node in enumerate(waiting, 1):
            if self._left_out(node):
                continue
            self.lab.say(f"[{place}/{count}] {node.name}{self.clock.left(waiting[place - 1 :])}")
            self._try(node)

    def _left_out(self, node: Node) -> bool:
        """Tell whether a piece of work can't be done, for what it needs could not be, or lacks data; and note why."""
        for reasons in (self.blocked, self.failed, self.elsewhere):
            if reason := next((reasons[one.name] for one in node.needs if one.name in reasons), ""):
                reasons[node.name] = reason
                return True
        if isinstance(node, Training) and (reason := missing_data(node, self.lab)):
            self.blocked[node.name] = reason
        return node.name in self.blocked

    def _try(self, node: Node) -> None:
        started = time.monotonic()
        try:
            with owned(self.lab.folder / "working" / node.name, DOING, self.lab.say if self.wait else None):
                if not node.done(self.lab):
                    node.run(self.lab)
        except Interrupted:
            raise
        except Owned as error:  # whoever does it goes on with what needs it
            self.elsewhere[node.name] = str(error)
            self.lab.say(str(error))
        except OodflowError as error:
            self.failed[node.name] = str(error)
            self.lab.say(f"{node.name}: {error}")
        else:
            self.clock.took(node, time.monotonic() - started)


DOING = "is being done by"


def missing_data(node: Training, lab: Lab) -> str:
    """Say why a study can't be trained here; empty: all that it needs is at hand."""
    try:
        config = node.config(lab)
        for spec in (config.data, *config.objective.streams.values()):
            load(spec, config.split, root=lab.root)
        for spec in node.study.asked_about(lab.encoder) or config.ood:
            load(spec, config.asked_split(spec), root=lab.root)
    except OodflowError as error:
        return str(error)
    return ""
