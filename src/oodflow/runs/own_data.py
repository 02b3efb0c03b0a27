"""Opening data beside a run, which must not have learned by heart what is taken for held out."""

from pathlib import Path

from oodflow.data import DataSet, load, same_set, share_part
from oodflow.data.spec import without_encoder
from oodflow.errors import OodflowError
from oodflow.runs.places import told_where_else
from oodflow.runs.provenance import DataFacts
from oodflow.runs.run_dir import RunDir
from oodflow.training.streams import DATA


def load_unseen(run: RunDir, spec: str, split: str, *, root: Path | None = None) -> DataSet:
    """Open a split of a data set that a run has not seen, as :func:`~oodflow.data.load` does.

    Raises:
        OodflowError: where ``load`` raises it, and :func:`require_unchanged`.
    """
    with told_where_else(run.config(), run.path):
        require_unchanged(run, spec, split, root=root)
        return load(spec, split, root=root)


def require_unchanged(run: RunDir, spec: str, split: str, *, root: Path | None = None) -> None:
    """See that what a run was trained on is what it was, where a split is dealt out of the same part.

    A part that has changed since is dealt otherwise, or holds others, and what was trained on may be among what is held
    out now. That is told by the fingerprint; of an encoder's vectors, whose last digits another device makes others, by
    the number of images. So are data that are said to lie elsewhere, whatever is asked for. An imported run says
    nothing of its training data, and is taken at its word.

    Raises:
        OodflowError: the training data are others now, or are not there.
    """
    config, record = run.config(), run.record()
    if record is None or record.training is None:
        return
    facts = {DATA: record.training.data, **record.training.streams}
    for name, trained_on in {DATA: config.data, **config.objective.streams}.items():
        asked = same_set(spec, trained_on) and share_part(trained_on, config.split, split)
        if name in facts and (asked or run.restated):
            images, encoder = without_encoder(trained_on)
            require_same(facts[name], load(images, config.split, root=root), run, by_number=bool(encoder))


def require_same(begun: DataFacts, images: DataSet, run: RunDir, *, by_number: bool = False) -> None:
    """Refuse data that are not what a run was begun on, by their fingerprint or their number alone."""
    if len(images) != begun.images or (not by_number and images.fingerprint != begun.fingerprint):
        now = "" if by_number else f" with fingerprint {images.fingerprint}"
        where = "" if images.name == begun.name else f" in {images.name}"
        raise OodflowError(
            f"{run.path} was begun on {begun.images:,} {begun.unit} of {begun.name} with fingerprint "
            f"{begun.fingerprint}, but there are {len(images):,}{now}{where} now, so that what it has seen can't be "
            "told from what it has not: bring the former data back or start a new run."
        )
