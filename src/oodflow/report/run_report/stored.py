"""What an evaluation has left in its folder."""

from dataclasses import dataclass
from pathlib import Path

from oodflow.errors import OodflowError
from oodflow.evaluation.record import FILE, Evaluation
from oodflow.files import file_name, in_folders
from oodflow.flows import load_tensors
from oodflow.runs.run_dir import RunDir
from oodflow.scores import Values


@dataclass(frozen=True, eq=False)
class Stored:
    """An evaluation with its values.

    Attributes:
        run: that was evaluated.
        evaluation: what stands in ``evaluation.json``.
        folder: where that lies.
        values: by set and score, a value for each image, row or group; higher is more out of distribution.
    """

    run: RunDir
    evaluation: Evaluation
    folder: Path
    values: dict[str, dict[str, Values]]

    def single(self) -> list[str]:
        """List the scores of single images or rows, the likelihood first."""
        inside = self.evaluation.inside
        names = [name for name, values in self.values[inside.name].items() if len(values) == inside.images]
        return sorted(names, key=lambda name: (name != "likelihood", name))


def stored(run: RunDir, evaluation: Evaluation) -> Stored:
    """Find the folder of an evaluation and read what it says of each image, row or group.

    Raises:
        OodflowError: an older version left none, or it is damaged.
    """
    folders = [file.parent for file in in_folders(run.evaluations_dir, FILE) if Evaluation.read(file) == evaluation]
    if not folders:
        raise OodflowError(
            f"the evaluation of {evaluation.provenance.date} has no values of single {evaluation.inside.unit}: "
            "evaluate the run again."
        )
    values = {}
    for one in evaluation.sets:
        tensors, _ = load_tensors(folders[0] / "scores" / f"{file_name(one.name)}.safetensors")
        values[one.name] = {name: tensors[name].numpy() for name in sorted(tensors)}
    return Stored(run, evaluation, folders[0], values)
