"""Prose follows its tables: every number in the prose of README, and of what goes on from it, is one of a record in
results/, or listed here as none.
"""

import re
from itertools import pairwise

import pytest

from front_pages import FRONT, ROOT
from oodflow.bench.gpu import GpuRecord
from oodflow.bench.record import BenchRecord
from oodflow.document.numbers import number
from oodflow.explanation.observations import observations
from oodflow.explanation.record import Explanations
from oodflow.report.evaluated_runs import Comparison
from oodflow.report.looks import Curves
from oodflow.report.replicas import replicas

RESULTS = ROOT / "results"

MAIN = Comparison.read(RESULTS / "main-job.json").runs
BIASES = replicas(Comparison.read(RESULTS / "inductive-biases.json").runs)
FURTHER = Comparison.read(RESULTS / "inductive-biases-further.json").runs
EXPLAINED = {one.recipe: one for one in Explanations.read(RESULTS / "observations.json").explanations}
BOARD = Comparison.read(RESULTS / "leaderboard.json").runs
GLOW = Curves.read(RESULTS / "time-to-quality.json").curves[0]
OTHERS_EXPLAINED = Explanations.read(RESULTS / "other-flows-observations.json").explanations
OTHERS = replicas(Comparison.read(RESULTS / "other-flows.json").runs)
BENCH = BenchRecord.read(RESULTS / "bench.json")
GPU = GpuRecord.read(RESULTS / "gpu.json")
(ON_GPU,) = Comparison.read(RESULTS / "paper-scale.json").runs

NO_RESULTS = [
    "Wilson, 2020", "Python 3.11", "a 95 % bootstrap interval", "below 50 the flow prefers", "sections 3 and 4",
    "bottlenecks of 100 and 50 on FashionMNIST",
    "has 3.14 (the authors' notebook)",  # bits/dim of the published Glow: theirs, not ours
]  # fmt: skip


def millions(count):
    return number(count / 1e6, 0)


def clothes(recipe):
    explanation = EXPLAINED[recipe]
    return explanation.inside, explanation.outside


def r2(recipe, side, coupling, which="r2"):
    return number(getattr(clothes(recipe)[side].couplings[coupling], which).value, 2)


def mean_r2(recipe, which):
    values = [max(getattr(layer, which).value, -1.0) for layer in clothes(recipe)[0].couplings[1:]]
    return number(sum(values) / len(values), 2)


def worse_without(recipe):
    """Of how many couplings it is sure that they predict worse when what was written before is erased, and of all."""
    falls = [layer.r2_fall.low > 0 for layer in clothes(recipe)[0].couplings[1:]]
    return sum(falls), len(falls)


def area(run):
    return number(100 * run.evaluation.outsides[0].scores["likelihood"].auroc, 1)


def further(recipe, place=0):
    return area([one for one in FURTHER if one.run.config.recipe == recipe][place])


def passed(bits):
    """The minute of the look at which a curve is first at so many bits/dim, as the table rounds them."""
    return number(next(look.seconds for look in GLOW.looks if round(look.bits_per_dim, 2) <= bits) / 60, 0)


def fooled(group):
    """Mean over seeds of the AUROC of the first set that a flow was asked about, in per cent."""
    areas = group.of(1, lambda data: data.scores["likelihood"].auroc)
    return 100 * sum(areas) / len(areas)


def on_gpu(scale):
    """The flows of a scale in bfloat16 with 32 images a step."""
    return [row for row in GPU.flows if (row.scale, row.precision, row.batch) == (scale, "bfloat16", 32)]


def ends(values, digits):
    values = list(values)
    return [number(end(values), digits) for end in (min, max)]


TRAINED = [one.run.training for one in MAIN]
PAPER = [row for row in BENCH.flows if row.scale == "paper"]
SMALL = [speed.share.median for row in BENCH.flows if row.scale == "cpu" for speed in (row.train, row.score)]
SIZES = [group.runs[0].run.training.parameters for group in BIASES]
STEPS = sorted({group.runs[0].run.training.steps for group in BIASES})

RESULTS_IN_PROSE = [
    ("flows of {} to {} parameters trained for six to ten minutes on one core, seed {};", lambda: (
        *(number(end(one.parameters for one in TRAINED), 0) for end in (min, max)),
        *{one.run.seed for one in MAIN},
    )),
    ("the paper's have {} to {} million.", lambda: [
        millions(end(row.parameters for row in PAPER)) for end in (min, max)
    ]),
    ("A Glow of {} parameters passes 3.15 bits/dim after {} minutes;", lambda: (
        number(GLOW.training.parameters, 0), passed(3.15),
    )),
    ("the published full-size Glow, of {} million,", lambda: [
        millions(row.parameters) for row in PAPER if row.recipe == "fashion-mnist-glow"
    ]),
    ("its AUROC goes from {} to {} %.", lambda: [
        number(100 * look.auroc["mnist"], 1) for look in (GLOW.looks[0], GLOW.looks[-1])
    ]),
    ("draws digits too (R² {}), if less well than clothes ({}):", lambda: [
        r2("fashion-mnist-realnvp", side, 0) for side in (1, 0)
    ]),
    ("a digit from the lower one (R² {}), and no longer so when what the first has written there is taken back ({}):",
     lambda: [r2("masks-fashion-mnist-horizontal", 1, 1, which) for which in ("r2", "r2_erased")]),
    ("over clothes mean R² is {}, and {} with what was written erased, lower in {} of {} couplings.", lambda: [
        *(mean_r2("masks-fashion-mnist-cycle", which) for which in ("r2", "r2_erased")),
        *map(str, worse_without("masks-fashion-mnist-cycle")),
    ]),
    ("flows of {} thousand to {} million parameters, {} or {} steps,", lambda: (
        number(min(SIZES) / 1e3, 0), millions(max(SIZES)), *(number(steps, 0) for steps in STEPS),
    )),
    ("A flow that has learned nothing has an AUROC of {} % on MNIST and {} % on SVHN,", lambda: [
        further(f"masks-{data}-checkerboard") for data in ("fashion-mnist", "celeba")
    ]),
    ("both bottlenecks fall, to {} (100) and {} (50).", lambda: [
        further(f"bottleneck-fashion-mnist-{width}") for width in (100, 50)
    ]),
    ("measures on the CPU, batch {},", lambda: [BENCH.batch]),
    ("the small flows, which reach {} to {} %,", lambda: [number(100 * end(SMALL), 0) for end in (min, max)]),
    ("the first of these flows: {} MiB in all, not {})", lambda: [
        number(kind.whole / 2**20, 0) for kind in (PAPER[0].memory.reversible, PAPER[0].memory.stored)
    ]),
    ("Over three seeds of each on two of the paper's pairs, the AUROC of the likelihood is {} to {} % on MNIST for "
     "flows trained on FashionMNIST, and {} to {} % on SVHN for flows trained on CIFAR-10", lambda: [
        *ends((fooled(group) for group in OTHERS if group.config.data == "fashion_mnist"), 1),
        *ends((fooled(group) for group in OTHERS if group.config.data == "cifar10"), 1),
    ]),
    ("with 32 images a step and bfloat16 the published flows so train with {} to {} images a second, {} to {} times as "
     "many as without, and the flows of scale {} to {} times as many.", lambda: [
        *ends((row.replayed.images_per_second.median for row in on_gpu("paper")), 0),
        *ends((row.speedup.median for row in on_gpu("paper")), 1),
        *ends((row.speedup.median for row in on_gpu("cpu")), 1),
    ]),
    ("RealNVP came to {} bits/dim on FashionMNIST in {} s, which is {} of its {} steps, AUROC {} % on MNIST", lambda: [
        number(ON_GPU.evaluation.inside.bits_per_dim, 3), number(ON_GPU.run.training.seconds, 0),
        number(ON_GPU.run.training.steps, 0), number(ON_GPU.run.config.training.steps, 0), area(ON_GPU),
    ]),
]  # fmt: skip
"""What is said with numbers, and what the records make of them; ``{}`` stands for each."""


def prose():
    """What of them is neither code, table, quotation, picture nor the address of a link, on one line."""
    text = re.sub(r"```.*?```", "", FRONT, flags=re.DOTALL)
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("|", ">", "![", "#")))
    text = re.sub(r"`[^`]*`", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(text.split())


@pytest.mark.parametrize(("words", "values"), RESULTS_IN_PROSE, ids=lambda part: part if isinstance(part, str) else "")
def test_a_number_in_the_prose_is_that_of_its_record(words, values):
    assert words.format(*values()) in prose()


def test_there_is_no_other_number_in_the_prose():
    rest = prose()
    for fragment in [*NO_RESULTS, *(words.format(*values()) for words, values in RESULTS_IN_PROSE)]:
        assert fragment in rest, fragment
        rest = rest.replace(fragment, "")
    others = re.finditer(r"(?<![\w-])−?\d[\d,.]*(?!\w)", rest)  # CIFAR-10, FPR95 and 3x3 are names
    assert [rest[max(0, found.start() - 40) : found.end() + 20] for found in others] == []


def test_what_the_prose_says_of_masks_and_bottlenecks():
    """Checkerboard < horizontal < cycle and none < wide < narrow, in every seed, but for 100 and 50 on FashionMNIST."""
    areas = {
        group.config.recipe: group.of(1, lambda data: data.scores["likelihood"].auroc) for group in BIASES
    }  # fmt: skip
    orders = [[f"masks-{data}-{mask}" for mask in ("checkerboard", "horizontal", "cycle")]
              for data in ("fashion-mnist", "celeba")]  # fmt: skip
    orders += [[f"bottleneck-celeba-{width}" for width in ("none", 150, 80, 30)]]
    orders += [[f"bottleneck-fashion-mnist-{width}" for width in ("none", wide, 10)] for wide in (100, 50)]
    for order in orders:
        for less, more in pairwise(order):
            assert all(a < b for a, b in zip(areas[less], areas[more], strict=True)), (less, more)
    connected = [float(area(one)) for one in FURTHER if one.run.config.flow.net.kind == "mlp"]
    assert connected == sorted(connected)
    assert min(connected) > 50


def test_what_the_prose_says_in_words():
    assert {round(one.seconds / 60) for one in TRAINED} == {6, 8, 10}
    assert {one.threads for one in TRAINED} == {1}
    assert 1.5 < Comparison.read(RESULTS / "demo.json").runs[0].run.training.seconds / 60 < 2.5  # about two minutes
    assert all(1.25 < row.reversible_time.median < 1.55 for row in BENCH.flows)  # a third to a half more
    assert all(row.reversible_time.median < 1.42 for row in PAPER)
    assert all(look.auroc["mnist"] < 0.1 for look in GLOW.looks)  # fooled all the way
    mixtures = [one for one in OTHERS_EXPLAINED if "mixture" in one.recipe]
    assert len(mixtures) == 6  # the same three seeds, on two pairs
    for one in mixtures:  # as far as it does for affine ones
        affine = EXPLAINED[one.recipe.replace("mixture", "realnvp")]
        assert [found.verdict for found in observations(one)] == [found.verdict for found in observations(affine)]
    assert [len(group.seeds) for group in OTHERS] == [3] * 6  # three seeds of each, on two pairs
    asked = [data for one in BOARD for data in one.evaluation.outsides if data.name == "mnist"]
    assert len(asked) > 4
    assert all(data.scores["likelihood"].auroc < 0.1 for data in asked)  # low on MNIST however good the flow
