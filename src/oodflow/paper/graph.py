"""All pieces of work of a reproduction: in which order they are done, and doing them."""

import difflib
from collections.abc import Iterable, Sequence
from typing import ClassVar

from oodflow.errors import OodflowError, UsageError
from oodflow.ownership import Owned, owned
from oodflow.paper.cost import Clock
from oodflow.paper.experiment import Experiment
from oodflow.paper.lab import Lab
from oodflow.paper.nodes import Node, Product
from oodflow.records import Record
from oodflow.session.interrupt import Interrupted

DOING = "is being done by"


class Planned(Record):
    """A piece of work, for who hands it to a scheduler.

    Attributes:
        name: of it.
        kind: train, evaluate, explain, ...
        needs: names of what has to be done before.
        done: whether it is.
        command: does it, with what else it needs that is not done.
        same_as: the command that does the same by itself; empty: it can't be done.
        lacks: why it can't be done here: data, or a scale that its recipe has not got; empty: it can.
        seconds: an estimate for this machine; none: there is none.
    """

    name: str
    kind: str
    needs: tuple[str, ...]
    done: bool
    command: str
    same_as: str
    lacks: str
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
        lacks = node.lacks(lab)
        return Planned(
            name=node.name,
            kind=node.kind,
            needs=tuple(one.name for one in node.needs),
            done=node.done(lab),
            command=lab.reproduce(name, "--only", node.name),
            same_as="" if lacks else node.command(lab),
            lacks=lacks,
            seconds=clock.seconds(node),
        )

    return Plan(scale=lab.scale, nodes=tuple(map(planned, every)))


def named(every: Sequence[Node], name: str) -> Node:
    """Find a piece of work.

    Raises:
        UsageError: there is none of that name.
    """
    for node in every:
        if node.name == name:
            return node
    near = difflib.get_close_matches(name, [node.name for node in every], n=3)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    raise UsageError(f"unknown piece of work {name!r}: {hint}--plan lists them.")


class Work:
    """Does pieces of work, one after the other, leaving out those that others do at the same time.

    Args:
        lab: where.
        clock: tells how long they take.

    Attributes:
        blocked: by name, which data a piece of work lacks.
        failed: by name, why one could not be done.
        elsewhere: those that another process does, and what needs them.
    """

    def __init__(self, lab: Lab, clock: Clock) -> None:
        self.lab, self.clock = lab, clock
        self.blocked: dict[str, str] = {}
        self.failed: dict[str, str] = {}
        self.elsewhere: dict[Node, None] = {}

    def do(self, wanted: Sequence[Node]) -> None:
        """Do all that is wanted and not done, with what it needs; what fails is said and left, the rest goes on.

        What other processes are at is waited for at the end: they may have been asked for less.
        """
        products = [node for node in wanted if isinstance(node, Product) and not node.done(self.lab)]
        self._go_through([one for node in products for one in (*node.needs, node)], wait=False)
        self._go_through(list(self.elsewhere), wait=True)

    def look(self, nodes: Sequence[Node]) -> None:
        """Do nothing, and note which data are missing."""
        for node in nodes:
            if not node.done(self.lab):
                self._left_out(node)

    def do_one(self, node: Node) -> None:
        """Do a piece of work, with what it needs, and wait for what of that others are at."""
        self._go_through([*node.needs, node], wait=True)

    def _go_through(self, nodes: Sequence[Node], *, wait: bool) -> None:
        waiting = [node for node in dict.fromkeys(nodes) if not node.done(self.lab)]
        for place, node in enumerate(waiting, 1):
            if not wait and any(one in self.elsewhere for one in node.needs):
                self.elsewhere[node] = None
            elif not self._left_out(node):
                self.lab.say(f"[{place}/{len(waiting)}] {node.name}{self.clock.left(waiting[place - 1 :])}")
                self._try(node, wait=wait)

    def _left_out(self, node: Node) -> bool:
        """Tell whether a piece of work can't be done, for what it needs could not be, or lacks data; and note why."""
        for reasons in (self.blocked, self.failed):
            if reason := next((reasons[one.name] for one in node.needs if one.name in reasons), ""):
                reasons[node.name] = reason
                return True
        if reason := node.lacks(self.lab):
            self.blocked[node.name] = reason
        return node.name in self.blocked

    def _try(self, node: Node, *, wait: bool) -> None:
        try:
            with owned(self.lab.folder / "working" / node.name, DOING, self.lab.say if wait else None):
                if not node.done(self.lab):
                    with self.clock.timing(node):
                        node.run(self.lab)
        except Interrupted as error:
            raise Interrupted(
                "stopped; what was trained is saved, and the same command goes on.", error.exit_code
            ) from error
        except Owned as error:
            self.elsewhere[node] = None
            self.lab.say(str(error))
        except Exception as error:  # what fails, be it out of memory, is one piece of work
            told = str(error) if isinstance(error, OodflowError) else f"unexpected {type(error).__name__}: {error}"
            self.failed[node.name] = told
            self.lab.say(f"{node.name}: {told}")
