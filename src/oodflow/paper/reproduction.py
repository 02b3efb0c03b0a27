"""What came of a reproduction: claims with verdicts, figures, and what they rest on."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from oodflow.document import Distribution
from oodflow.explanation.record import Explanation
from oodflow.paper.claims import Checked, Verdict, check
from oodflow.paper.evaluating import EvaluatedStudy, Evaluating
from oodflow.paper.experiment import Experiment
from oodflow.paper.found import Found
from oodflow.paper.lab import Lab
from oodflow.paper.nodes import Product, Training
from oodflow.records import Record
from oodflow.runs.provenance import DataFacts, Provenance, provenance


class Rest(Record):
    """What a number rests on.

    Attributes:
        commands: that made it.
        commit: of the source; none: it was not a checkout.
        date: when it was made.
        steps: of the training; none: there was none.
        seconds: that it took.
        data: fingerprints of the sets, by name and part.
    """

    commands: tuple[str, ...]
    commit: str | None
    date: str
    steps: int | None = None
    seconds: float | None = None
    data: tuple[str, ...] = ()


class Drawn(Record):
    """A picture that is there.

    Attributes:
        file: in the folder of figures.
        caption: what it shows.
    """

    file: str
    caption: str


class Reproduced(Record):
    """An experiment.

    Attributes:
        title: what it is about.
        place: in the paper; empty: it asks what the paper leaves open.
        about: what it shows.
        claims: what it says, held against what was measured.
        pictures: those that are there.
        distributions: by name of a flow, its likelihoods.
        rests: by name of a piece of work, what it rests on.
    """

    title: str
    place: str
    about: str
    claims: tuple[Checked, ...]
    pictures: tuple[Drawn, ...]
    distributions: dict[str, Distribution]
    rests: dict[str, Rest]

    def count(self, verdict: Verdict) -> int:
        """Count the claims of a verdict."""
        return sum(claim.verdict == verdict for claim in self.claims)


class Reproduction(Record):
    """Tables and figures of the paper, at one scale.

    Attributes:
        provenance: of the page.
        scale: of the trainings.
        seeds: of the trainings.
        encoder: the model of images; none: there was none.
        figures: the folder of pictures, as seen from the page.
        experiments: by name.
    """

    version: ClassVar[int | None] = 1

    provenance: Provenance
    scale: str
    seeds: tuple[int, ...]
    encoder: str | None
    figures: str
    experiments: dict[str, Reproduced]


def reproduction(
    experiments: Mapping[str, Experiment], lab: Lab, failed: Mapping[str, str], command: str, page: Path
) -> Reproduction:
    """Collect what there is of experiments.

    Args:
        experiments: by name.
        lab: where it lies.
        failed: by name of a piece of work, why it could not be done.
        command: what the user typed.
        page: where the page will lie, above the lab's pictures.
    """
    found = Found(lab, dict(failed))
    return Reproduction(
        provenance=provenance(command),
        scale=lab.scale,
        seeds=lab.seeds,
        encoder=lab.encoder,
        figures=lab.figures.relative_to(page.parent).as_posix(),
        experiments={name: _reproduced(one, found) for name, one in experiments.items()},
    )


def _reproduced(experiment: Experiment, found: Found) -> Reproduced:
    lab = found.lab
    files = [(picture.file(lab.first), picture.caption) for picture in experiment.pictures]
    return Reproduced(
        title=experiment.title,
        place=experiment.place,
        about=experiment.about,
        claims=check(experiment.claims, found),
        pictures=tuple(Drawn(file=file, caption=caption) for file, caption in files if (lab.figures / file).exists()),
        distributions=_distributions(experiment, lab),
        rests={product.name: _rest(product, lab) for product in experiment.products(lab) if product.done(lab)},
    )


def _distributions(experiment: Experiment, lab: Lab) -> dict[str, Distribution]:
    """Collect the likelihoods of the first seed of those flows that a reader may look at closely."""
    nodes = {study.name: Evaluating(Training(study, lab.first)) for study in experiment.distributions}
    return {name: node.read(lab).likelihood for name, node in nodes.items() if node.done(lab)}


def _rest(product: Product, lab: Lab) -> Rest:
    record = product.read(lab)
    match record:
        case EvaluatedStudy():
            training, made = record.evaluated.run.training, record.evaluated.evaluation.provenance
            assert training is not None, "studies are trained"
            sets = (training.data, *training.streams.values(), *record.evaluated.evaluation.sets)
            return _made(made, (training.command, made.command), training.steps, training.seconds, sets)
        case Explanation():
            trained = (record.trained.command,) if record.trained else ()
            return _made(record.provenance, (*trained, record.provenance.command), None, None, record.sets)
        case _:
            return _made(record.provenance, (record.provenance.command,), None, None, ())


def _made(
    made: Provenance, commands: tuple[str, ...], steps: int | None, seconds: float | None, sets: tuple[DataFacts, ...]
) -> Rest:
    facts = tuple(dict.fromkeys(_told(one) for one in sets))
    return Rest(commands=commands, commit=made.commit, date=made.date, steps=steps, seconds=seconds, data=facts)


def _told(data: DataFacts) -> str:
    return f"{data.name} {data.split}: {data.images:,} {data.unit}, fingerprint {data.fingerprint}"


def verdicts(record: Reproduction) -> Iterator[tuple[str, Checked]]:
    """Go through all claims, with the name of their experiment."""
    for name, one in record.experiments.items():
        for claim in one.claims:
            yield name, claim
