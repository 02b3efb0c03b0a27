"""A table or figure of the paper: what it needs, and what it says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from oodflow.paper.claims import Claim
from oodflow.paper.evaluating import Evaluating
from oodflow.paper.explaining import Explaining
from oodflow.paper.lab import Lab
from oodflow.paper.nodes import Node, Product, Training
from oodflow.paper.study import Question, Study


@dataclass(frozen=True)
class Picture:
    """A picture of an experiment: what a piece of work has drawn, of the first seed.

    Attributes:
        of: name of that piece of work, but for the seed, as ``evaluate-fashion-mnist-realnvp``.
        name: of the picture, as ``likelihoods``; empty: it is called as the work is.
        caption: what it shows.
    """

    of: str
    name: str
    caption: str

    def file(self, seed: int) -> str:
        """Name the file."""
        return f"{self.of}-{seed}-{self.name}.png" if self.name else f"{self.of}.png"


@dataclass(frozen=True)
class Experiment:
    """What a table or figure of the paper needs and says.

    Attributes:
        title: what it is about.
        place: in the paper; empty: it asks what the paper leaves open.
        about: a few sentences on what it shows.
        evaluated: flows that are asked which data sets they find likely.
        drawn: flows of which there are but pictures, so that the first seed is enough.
        asked: flows that are asked something else besides.
        untrained: flows to hold them against, which have learned nothing; one seed is enough.
        explained_untrained: flows to hold those against that are explained.
        explained: flows whose latents and couplings are measured, each beside a set.
        others: other pieces of work.
        each: makes others of a seed.
        claims: what it says.
        pictures: what it shows.
        distributions: flows whose likelihoods a reader may look at closely.
    """

    title: str
    place: str
    about: str
    evaluated: tuple[Study, ...] = ()
    drawn: tuple[Study, ...] = ()
    asked: tuple[tuple[Study, Question], ...] = ()
    untrained: tuple[Study, ...] = ()
    explained_untrained: tuple[tuple[Study, str], ...] = ()
    explained: tuple[tuple[Study, str], ...] = ()
    others: tuple[Product, ...] = ()
    each: tuple[Callable[[int], Product], ...] = ()
    claims: tuple[Claim, ...] = ()
    pictures: tuple[Picture, ...] = ()
    distributions: tuple[Study, ...] = ()

    def products(self, lab: Lab) -> Iterator[Product]:
        """List the pieces of work that it rests on, without what these need themselves."""
        yield from self.others
        for seed in lab.seeds:
            yield from (make(seed) for make in self.each)
            for study in self.evaluated:
                yield Evaluating(Training(study, seed))
            for study, question in self.asked:
                yield Evaluating(Training(study, seed), question)
            for study, ood in self.explained:
                yield Explaining(Training(study, seed), ood)
        for study in self.drawn:
            yield Evaluating(Training(study, lab.first))
        for study in self.untrained:
            yield Evaluating(Training(study.untrained, lab.first))
        for study, ood in self.explained_untrained:
            yield Explaining(Training(study.untrained, lab.first), ood)

    def nodes(self, lab: Lab) -> Iterator[Node]:
        """List all pieces of work, each after what it needs."""
        for product in self.products(lab):
            yield from product.needs
            yield product
