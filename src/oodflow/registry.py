"""Registries: what a name may stand for, open to other packages."""

import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function

from oodflow.errors import OodflowError, UnknownName, UsageError

T = TypeVar("T")
Entry = TypeVar("Entry")


class PluginWarning(UserWarning):
    """Another package offers something that can't be used; it is left out."""


class Registry(Mapping[str, T]):
    """Named things of one kind: ours, what other packages offer, and what a program adds.

    Other packages offer theirs through the entry-point group ``group``, one entry a name. They are imported when a
    name is asked for that is not known yet, or when all are listed; one that can't be imported is named in a
    :class:`PluginWarning` and left out.

    Args:
        kind: what an entry is, for messages: ``"score"``.
        group: entry-point group that other packages use, such as ``"oodflow.scores"``.
        entries: our own.

    Raises:
        UnknownName: when indexed with a name that there is not; it names the nearest ones.

    Example:
        >>> greetings = Registry("greeting", "example.greetings", {"hello": len})
        >>> @greetings.register("goodbye")
        ... def goodbye(name): ...
        >>> list(greetings), greetings["goodbye"] is goodbye
        (['hello', 'goodbye'], True)
    """

    def __init__(self, kind: str, group: str, entries: Mapping[str, T]) -> None:
        self.kind, self.group = kind, group
        self._entries = dict(entries)
        self._waiting: bool = True  # entry points have not been looked at yet

    def register(self, name: str) -> Callable[[Entry], Entry]:
        """Return a decorator that adds an entry; what is defined again in its own module takes its own place.

        Raises:
            UsageError: when the name is taken by something else.
        """

        def add(entry: Entry) -> Entry:
            taken = self._entries.get(name)
            if taken is not None and _origin(taken) != _origin(entry):
                raise UsageError(f"the {self.kind} {name!r} is registered already, as {taken!r}: choose another name.")
            self._entries[name] = entry  # type: ignore[assignment]
            return entry

        return add

    def update(self, entries: Mapping[str, T]) -> None:
        """Add entries of our own that must know the registry themselves, so that they can't be there from the start."""
        for name, entry in entries.items():
            self.register(name)(entry)

    @contextmanager
    def replacing(self, name: str, entry: T) -> Iterator[None]:
        """Let a name stand for something else, or something new, for the length of the block."""
        self._load_entry_points()  # what they offer stays when the block ends
        before = dict(self._entries)
        self._entries[name] = entry
        try:
            yield
        finally:
            self._entries = before

    def __getitem__(self, name: str) -> T:
        if name not in self._entries:
            self._load_entry_points()
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownName(self.kind, name, self._entries) from None

    def __iter__(self) -> Iterator[str]:
        self._load_entry_points()
        return iter(self._entries)

    def __len__(self) -> int:
        self._load_entry_points()
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Registry({self.kind!r}: {', '.join(self)})"

    def _load_entry_points(self) -> None:
        if self._waiting:
            self._waiting = False  # first: what is imported now may ask for names itself
            for point in entry_points(group=self.group):
                self._load(point)

    def _load(self, point: EntryPoint) -> None:
        package = point.dist.name if point.dist else point.value
        try:
            self.register(point.name)(point.load())
        except Exception as error:  # it is anybody's code
            warnings.warn(
                f"the {self.kind} {point.name!r} of the package {package} is left out: {type(error).__name__}: {error}",
                PluginWarning,
                stacklevel=2,
            )


@dataclass(frozen=True)
class ChosenFrom:
    """Let a pydantic field of type :class:`~oodflow.config.Component` hold any entry of a registry.

    A value is an instance, settings with their ``kind``, or the kind's name alone, which stands for its defaults. The
    registry is asked when a value is validated, so that what is registered later is valid then.

    Args:
        registry: whose entries are classes of settings.

    Example:
        >>> from typing import Annotated, Literal
        >>> from pydantic import SerializeAsAny, TypeAdapter
        >>> from oodflow.config import Component
        >>> class Square(Component):
        ...     kind: Literal["square"] = "square"
        ...     side: float = 1
        >>> shapes = Registry("shape", "example.shapes", {"square": Square})
        >>> AnyShape = TypeAdapter(Annotated[SerializeAsAny[Component], ChosenFrom(shapes)])
        >>> AnyShape.validate_python("square"), AnyShape.validate_json('{"kind": "square", "side": 2}')
        (Square(kind='square', side=1), Square(kind='square', side=2.0))
    """

    registry: Registry[Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(self._choose, handler(source))

    def _choose(self, value: Any) -> Any:
        if isinstance(value, str):
            value = {"kind": value}
        if not isinstance(value, Mapping):
            return value  # an instance, or what pydantic will refuse
        if not isinstance(kind := value.get("kind"), str):
            raise ValueError(f"its kind is missing: name one of {', '.join(self.registry)}")
        return self.registry[kind].model_validate(value)


def import_plugin(name: str) -> None:
    """Import a module, or a ``.py`` file by its path, for what it registers. **This runs its code.**

    Raises:
        UsageError: when there is no such file or module, or the file's name is that of another module in use.
        OodflowError: when it fails.
    """
    try:
        if not name.endswith(".py"):
            import_module(name)
            return
        path = Path(name).expanduser().resolve()
        if not path.is_file():
            raise UsageError(f"there is no plug-in {name}: name a .py file or a module.")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        taken = sys.modules.get(path.stem)
        if taken is not None and getattr(taken, "__file__", None) != str(path):
            raise UsageError(f"the plug-in {name} can't be called {path.stem}, as a module that is in use: rename it.")
        module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[path.stem]
            raise
    except ModuleNotFoundError as error:
        raise UsageError(f"the plug-in {name} can't be imported: {error}.") from error
    except OodflowError:
        raise
    except Exception as error:  # it is anybody's code
        raise OodflowError(f"the plug-in {name} fails when it is imported: {type(error).__name__}: {error}.") from error


def _origin(entry: object) -> tuple[str | None, str | None]:
    """Tell where something was defined: a class or function by its own name, an instance by its class's."""
    while isinstance(entry, partial):
        entry = entry.func
    named = entry if hasattr(entry, "__qualname__") else type(entry)
    return getattr(named, "__module__", None), getattr(named, "__qualname__", None)
