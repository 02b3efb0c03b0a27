"""Explaining a run: measure, draw, and write it all into the run directory."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from oodflow.data import ImageSet, load_images, same_images
from oodflow.document import as_markdown
from oodflow.errors import OodflowError, UsageError
from oodflow.explanation.gallery import PICTURES, figures_of_page
from oodflow.explanation.measure import measure, wants_train_mode
from oodflow.explanation.options import ExplainOptions, shown_indices
from oodflow.explanation.page import explanation_document
from oodflow.explanation.record import Explanation, Explanations, Trained
from oodflow.explanation.subject import Side, Subject
from oodflow.explanation.summary import between, explained_set
from oodflow.figures import save_figure
from oodflow.files import file_name, in_folders, write_text, written_together
from oodflow.flows import Flow
from oodflow.runs.config import RunConfig
from oodflow.runs.naming import name_of
from oodflow.runs.overlap import noted
from oodflow.runs.own_data import require_unchanged
from oodflow.runs.pages import is_page
from oodflow.runs.places import told_where_else
from oodflow.runs.provenance import Provenance, describe, provenance
from oodflow.runs.replicas import without_seed
from oodflow.runs.run_dir import RunDir
from oodflow.runs.run_dir import load as load_flow
from oodflow.statistics import require_images, require_shape
from oodflow.training import choose_device

FORMATS = ("png", "svg")
FILE = "explain.json"


def explain(
    run: RunDir,
    options: ExplainOptions,
    *,
    command: str,
    root: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> tuple[Explanation, Path]:
    """Show why a flow finds images of another set as likely as its own, or not.

    Writes ``explain/<set>/`` into the run directory, all of it or nothing: each of ``PICTURES`` as PNG and SVG,
    ``explain.json`` and a page, ``explain.md``.

    Args:
        run: a trained run.
        options: what to explain.
        command: what the user typed, for the record.
        root: where data sets lie.
        say: takes a line before each part.

    Returns:
        What stands in ``explain.json``, and the folder.

    Raises:
        UsageError: for an unknown set, images of another shape than the flow's, an index that a set does not have, a
            flow over anything but 8-bit images, and train mode where there is no batch norm.
        OodflowError: for missing or damaged data or weights.
    """
    made = provenance(command)
    flow = load_flow(run.path).to(choose_device(options.device))
    run.require_writable()
    require_images(flow)
    inside, outside = _open_sets(run, flow, options, root)
    asked = {"ood": outside.name, "train_mode": wants_train_mode(flow, options.train_mode)}
    options = options.model_copy(update=asked)
    indices = [shown_indices(images, options.images) for images in (inside, outside)]
    sides = _side(flow, inside, indices[0], options, say), _side(flow, outside, indices[1], options, say)
    explanation = explanation_of(run, flow, options, made, sides)
    folder = run.explanations_dir / file_name(outside.name)
    drawn = []
    with written_together(folder) as new:
        for name, draw in PICTURES.items():
            if (figure := draw(Subject(explanation, flow, sides))) is not None:
                say(f"drawing {name}")
                drawn.append(name)
                for suffix in FORMATS:
                    save_figure(figure, new / f"{name}.{suffix}")
        explanation.write(new / FILE)
        write_text(new / "explain.md", as_markdown(explanation_document(explanation, figures_of_page(drawn))))
    return explanation, folder


def explanation_of(
    run: RunDir, flow: Flow, options: ExplainOptions, made: Provenance, sides: tuple[Side, Side]
) -> Explanation:
    """Sum up what was measured on two sets."""
    config, record = run.config(), run.record()
    training = record.training if record else None
    inside, outside = sides
    return Explanation(
        provenance=made,
        options=options,
        subject=f"{name_of(config)}, {config.scale} scale",
        recipe=config.recipe,
        trained=training
        and Trained(
            command=training.command,
            commit=training.commit,
            steps=training.steps,
            configuration=configuration_digest(config),
            seed=config.training.seed if config.training else None,
        ),
        device=str(flow.device),
        differences="bootstrapped",
        shown={side.facts.name: side.indices for side in sides},
        sets=(
            explained_set(inside.facts, inside.measured, seed=options.seed),
            explained_set(outside.facts, outside.measured, seed=options.seed),
        ),
        between=between(inside.measured, outside.measured, flow.dims, seed=options.seed),
    )


def configuration_digest(config: RunConfig) -> str:
    """Digest a configuration but for its seed."""
    return sha256(without_seed(config).encode()).hexdigest()


def read_explanations(paths: Sequence[Path]) -> Explanations:
    """Read all explanations in run directories, and those on pages, whose ``.json`` has them whole.

    Raises:
        UsageError: when a path is no run.
        OodflowError: for a run without any, or a damaged one.
    """
    found: list[Explanation] = []
    for path in paths:
        if is_page(path):
            found += Explanations.read(path).explanations
            continue
        run = RunDir.open(path)
        files = in_folders(run.explanations_dir, FILE)
        if not files:
            raise OodflowError(f"{run.path} has not been explained: run `oodflow explain {run.path}` first.")
        found += [Explanation.read(file) for file in files]
    return Explanations(explanations=tuple(found))


def _side(
    flow: Flow, images: ImageSet, indices: tuple[int, ...], options: ExplainOptions, say: Callable[[str], None]
) -> Side:
    limited = images.limit(options.limit)
    say(f"measuring on {len(limited):,} images of {images.name}")
    pixels, train_mode = limited.batch(slice(None)), bool(options.train_mode)
    measured = measure(flow, pixels, draws=options.draws, seed=options.seed, train_mode=train_mode)
    return Side(describe(limited), indices, images.batch(list(indices)), pixels, measured)


def _open_sets(run: RunDir, flow: Flow, options: ExplainOptions, root: Path | None) -> list[ImageSet]:
    """Open the test set and the other before anything is measured."""
    config = run.config()
    ood = options.ood or (config.ood[0] if config.ood else None)
    if ood is None:
        raise UsageError(
            "there is nothing to compare with: name an out-of-distribution set with --ood, as --ood mnist."
        )
    if same_images(ood, config.data):
        raise UsageError(f"{ood} is what this flow was trained on: name another data set.")
    asked = {config.data: "test", ood: config.asked_split(ood)}
    with told_where_else(config, run.path):
        for spec, split in asked.items():
            require_unchanged(run, spec, split, root=root)
        sets = [load_images(spec, split, root=root) for spec, split in asked.items()]
    sets = noted(config, sets, root)
    for images in sets:
        require_shape(flow, images)
        if len(images) < 2:
            raise UsageError(f"{images.name} has {len(images)} image: it takes at least 2 to measure something.")
    return sets
