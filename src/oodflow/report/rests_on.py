"""What the numbers of a table rest on: commands, commits, seeds, machine, and the data's fingerprints."""

from oodflow.document import Block, Bullets, Code, Paragraph, Strong, Text
from oodflow.document.numbers import counted, number
from oodflow.report.evaluated_runs import EvaluatedRun
from oodflow.report.replicas import Replicas
from oodflow.runs.pages import data_item
from oodflow.runs.record import ImportFacts


def provenance_blocks(group: Replicas) -> tuple[Block, ...]:
    """Write a paragraph and a list; of runs with several seeds the commands of all, and what they share once."""
    config, first = group.config, group.runs[0].run
    begun = _imported(first.imported) if first.imported else _trained(group)
    trained_on = [first.training.data, *first.training.streams.values()] if first.training else []
    sets = [*trained_on, group.inside, *group.outsides]
    head = f", {config.scale}{' scale' if config.training else ''}, "
    return (
        Paragraph((Strong(config.recipe), head, *begun)),
        Bullets((*(item for one in group.runs for item in _commands(one)), *map(data_item, sets))),
    )


def _trained(group: Replicas) -> tuple[str, ...]:
    trainings = [one.run.training for one in group.runs if one.run.training]
    first = trainings[0]
    seeds = f"seed{'s' if len(group.seeds) > 1 else ''} {', '.join(map(str, group.seeds))}"
    seconds = " and ".join(sorted({f"{training.seconds:.0f}" for training in trainings}, key=int))
    asked = group.config.training
    assert asked is not None, "what was trained was configured to be"
    unfinished = f" of {number(asked.steps, 0)}" if first.steps < asked.steps else ""
    skipped = sum(training.skipped_steps for training in trainings)
    return (
        f"{seeds}, {number(first.parameters, 0)} parameters, "
        f"{number(first.steps, 0)}{unfinished} steps of {asked.batch_size} in {seconds} s "
        f"({counted(first.threads_in_all, 'thread')}, {first.device}, torch {first.torch}), {skipped} steps skipped.",
    )


def _imported(imported: ImportFacts) -> tuple[str | Code, ...]:
    epoch = "" if imported.epoch is None else f", epoch {imported.epoch}"
    return (
        f"the original's {imported.original_class} from {imported.checkpoint} (sha256 ", Code(imported.sha256[:16]),
        f"{epoch}), {number(imported.parameters, 0)} parameters.",
    )  # fmt: skip


def _commands(one: EvaluatedRun) -> list[Text]:
    begun, made, options = one.run.begun, one.evaluation.provenance, one.evaluation.options
    assert begun is not None, "only runs that were trained or imported are collected"
    times = len(one.run.training.resumed) if one.run.training else 0
    resumed = f", resumed {times} times" if times else ""
    limit = f", at most {counted(options.limit, 'image')} of each set" if options.limit else ""
    how = f"seed {options.seed}, {counted(options.draws, 'dequantisation draw')}{limit}"
    return [
        (Code(begun.command), f" (commit {begun.commit}, {begun.day}{resumed})"),
        (Code(made.command), f" (commit {made.commit}, {how})"),
    ]
