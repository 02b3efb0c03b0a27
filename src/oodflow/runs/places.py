"""Where the data of a run lie: found again when run and data move together, and said anew when they don't."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oodflow.data.naming import named
from oodflow.data.spec import path_of, with_path
from oodflow.errors import NotThere, OodflowError, UsageError
from oodflow.runs.config import RunConfig
from oodflow.runs.overrides import override


def trained_on(config: RunConfig) -> dict[str, str]:
    """Name the settings that say what is trained on, with the specs.

    Example:
        >>> from oodflow.recipes import RECIPES
        >>> trained_on(RECIPES["mnist-glow"]("cpu"))
        {'data': 'mnist'}
    """
    streams = {*config.objective.streams.values()}
    beside = {f"objective.{name}": value for name, value in config.objective if value in streams}
    return {"data": config.data, **beside}


def places_of(config: RunConfig, run: Path) -> dict[str, str]:
    """Tell where a user's own data lie, by their names and from the run's folder on."""
    before = config.start.data if config.start else ()
    own = [spec for spec in (*trained_on(config).values(), *config.ood, *before) if _is_own(spec)]
    return {spec: os.path.relpath(_absolute(path_of(spec)), run.resolve()) for spec in own}


def movable(config: RunConfig) -> frozenset[str]:
    """Name the settings that say where a user's own data lie: a run goes on with others, if the data are the same."""
    own = {name for name, spec in trained_on(config).items() if _is_own(spec)}
    beside = {"ood": config.ood}
    if config.start is not None:
        beside |= {"start.data": config.start.data, "start.whole": config.start.whole}
    return frozenset(own | {name for name, specs in beside.items() if any(map(_is_own, specs))})


def located(config: RunConfig, run: Path, places: Mapping[str, str]) -> RunConfig:
    """Name a user's own data as they are found from here.

    What was named by a relative path is where it was from the run's folder on, whatever folder this is called from, if
    anything is there; what was named by an absolute one is there, if it is not where its name says.

    Args:
        config: as it was written.
        run: the run's folder.
        places: of :func:`places_of`, when it was.
    """

    def find(spec: str) -> str:
        if spec not in places or not _is_own(spec):
            return spec
        path, there = Path(path_of(spec)).expanduser(), Path(os.path.normpath(run.resolve() / places[spec]))
        stays = path.exists() if path.is_absolute() else there == _absolute(str(path))
        return spec if stays or not there.exists() else with_path(spec, str(there))

    return _renamed(config, find)


def restated(config: RunConfig, settings: Sequence[str]) -> RunConfig:
    """Say anew where lies what a run was trained on.

    Args:
        config: of the run.
        settings: ``data=SPEC``, and the like for what the objective takes beside it.

    Raises:
        UsageError: for any other setting.
    """
    fields = trained_on(config)
    for setting in settings:
        if setting.partition("=")[0] not in fields:
            raise UsageError(
                f"{setting!r} can't be said of a trained run: only where its data lie now, as {'=SPEC, '.join(fields)}"
                "=SPEC."
            )
    return override(config, settings)


def restates(config: RunConfig, setting: str) -> bool:
    """Tell whether an override says where a user's own data lie, which are trained on."""
    name, _, spec = setting.partition("=")
    return name in trained_on(config) and _is_own(spec)


@contextmanager
def told_where_else(config: RunConfig, run: Path) -> Iterator[None]:
    """Where what a run was trained on is not there, say how to name it anew."""
    try:
        yield
    except NotThere as error:
        if (field := _missing(config)) is None:
            raise
        raise NotThere(
            f"{str(error).rstrip('.')}, which {run} was trained on: if it lies elsewhere now, say where by adding "
            f"{field}={path_free(trained_on(config)[field])} to the command."
        ) from error


def path_free(spec: str) -> str:
    """Write a spec with the word PATH in place of its path.

    Example:
        >>> path_free("folder:photos?shape=3x8x8")
        'folder:PATH?shape=3x8x8'
    """
    return with_path(spec, "PATH")


def _renamed(config: RunConfig, rename: Callable[[str], str]) -> RunConfig:
    """Rename all data sets of a configuration."""
    fields = {name: rename(spec) for name, spec in trained_on(config).items()}
    beside = {name.removeprefix("objective."): spec for name, spec in fields.items() if name != "data"}
    changed: dict[str, Any] = {
        "data": fields["data"],
        "ood": tuple(map(rename, config.ood)),
        "objective": config.objective.model_copy(update=beside),
    }
    if config.start is not None:
        start = {name: tuple(map(rename, getattr(config.start, name))) for name in ("data", "whole")}
        changed["start"] = config.start.model_copy(update=start)
    return config.model_copy(update=changed)


def _missing(config: RunConfig) -> str | None:
    """Find what can't be opened, for its path is not there."""
    for field, spec in trained_on(config).items():
        try:
            named(spec)
        except NotThere:
            return field
        except OodflowError:
            continue
    return None


def _is_own(spec: str) -> bool:
    try:
        return bool(path_of(spec))
    except OodflowError:  # it has options of another version
        return False


def _absolute(path: str) -> Path:
    return Path(os.path.normpath(Path(path).expanduser().absolute()))  # links are not looked through
