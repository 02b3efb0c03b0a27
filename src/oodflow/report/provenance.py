"""What the numbers of a table rest on: commands, commits, seeds, machine, and the data's fingerprints."""

from oodflow.report.replicas import Record, Replicas


def grounds(group: Replicas) -> list[str]:
    """Write a paragraph and a list; of runs with several seeds the commands of all, and what they share once."""
    config = group.config
    begun = _imported(group.records[0]) if config.training is None else _trained(group)
    sets: list[Record] = [] if config.training is None else [group.records[0]["training"]["data"]]
    sets += [group.inside, *group.outsides]
    return [
        f"**{config.recipe}**, {config.scale}{' scale' if config.training else ''}, {begun}",
        "",
        *(line for record in group.records for line in _commands(record)),
        *(
            f"- {data['name']} {data['split']}: {data['images']:,} images, fingerprint `{data['fingerprint']}`"
            + (f"; {data['note']}" if data["note"] else "")
            for data in sets
        ),
        "",
    ]


def _trained(group: Replicas) -> str:
    trainings = [record["training"] for record in group.records]
    first = trainings[0]
    seeds = f"seed{'s' if len(group.seeds) > 1 else ''} {', '.join(map(str, group.seeds))}"
    seconds = " and ".join(sorted({f"{training['seconds']:.0f}" for training in trainings}, key=int))
    batch = group.config.training.batch_size if group.config.training else 0
    return (
        f"{seeds}, {first['parameters']:,} parameters, {first['steps']:,} steps of {batch} in "
        f"{seconds} s ({first['threads']} thread{'s' if first['threads'] > 1 else ''}, {first['device']}, "
        f"torch {first['torch']}), {sum(training['skipped_steps'] for training in trainings)} steps skipped."
    )


def _imported(record: Record) -> str:
    imported = record["imported"]
    epoch = "" if imported["epoch"] is None else f", epoch {imported['epoch']}"
    file = f"{imported['checkpoint']} (sha256 `{imported['sha256'][:16]}`{epoch})"
    return f"the original's {imported['class']} from {file}, {imported['parameters']:,} parameters."


def _commands(record: Record) -> list[str]:
    begun, evaluation = record.get("imported") or record["training"], record["evaluation"]
    resumed = f", resumed {len(begun['resumed'])} times" if begun.get("resumed") else ""
    options, made = evaluation["options"], evaluation["provenance"]
    draws = f"{options['draws']} dequantisation draw{'s' if options['draws'] > 1 else ''}"
    limit = f", at most {options['limit']:,} images of each set" if options["limit"] else ""
    return [
        f"- `{begun['command']}` (commit {begun['commit']}, {begun['date'][:10]}{resumed})",
        f"- `{made['command']}` (commit {made['commit']}, seed {options['seed']}, {draws}{limit})",
    ]
