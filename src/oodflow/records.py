"""Records: what a program writes down for a later version of itself to read, typed and with a schema version."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    model_serializer,
    model_validator,
)

from oodflow.config import first_flaw
from oodflow.errors import NOT_AS_WRITTEN, NotThere, OodflowError
from oodflow.files import write_text

Migration = Callable[[Any], dict[str, Any]]
"""Turns what one version wrote into what the next one would have written."""


class Record(BaseModel):
    """The base of every record that is a file, or a part of one.

    A class that is a whole file sets ``version``, and ``migrations`` from each older version that it still reads; what
    is older than these, or newer than ``version``, is refused in one sentence. A class that is only a part of another
    leaves both alone, and has no version of its own. A versioned record may stand inside of another, and keeps its
    version there: it is migrated by itself.

    Attributes:
        version: the schema's version; none: this is a part of another record.
        migrations: by the version that they start from.
        remedy: what to do about a file that can't be read.

    Example:
        >>> class Weather(Record):
        ...     version = 2
        ...     migrations = {1: lambda old: {"celsius": (old["fahrenheit"] - 32) / 1.8}}
        ...     celsius: float
        >>> Weather.parse({"schema_version": 1, "fahrenheit": 50.0})
        Weather(celsius=10.0)
        >>> Weather(celsius=10.0).as_dict()
        {'schema_version': 2, 'celsius': 10.0}
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    version: ClassVar[int | None] = None
    migrations: ClassVar[Mapping[int, Migration]] = {}
    remedy: ClassVar[str] = "make it anew"

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any, info: ValidationInfo) -> Any:
        """Migrate what was stored; what a program puts together has no version."""
        if cls.version is None or isinstance(value, cls) or not (info.context or {}).get("stored"):
            return value
        return cls._migrated(value)

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Put the schema's version in front."""
        version = {} if self.version is None else {"schema_version": self.version}
        return {**version, **write(self)}

    @classmethod
    def parse(cls, value: Any, where: str = "it") -> Self:
        """Read a record from parsed JSON of this version, or an older one that can be migrated.

        Args:
            value: what :meth:`as_dict` gave.
            where: names the file, for errors.

        Raises:
            OodflowError: when it is of another version, or not such a record.
        """
        try:
            return cls.model_validate(value, context={"stored": True})
        except ValidationError as error:
            flaw = first_flaw(error)
            if flaw.unknown:
                raise OodflowError(f"{where} can't be read: at {flaw.where}: {flaw.why}.") from error
            raise OodflowError(
                f"{where} is damaged or of another kind: at {flaw.where or 'its top'}: {flaw.why}; {cls.remedy}."
            ) from error
        except OtherVersion as error:
            raise OodflowError(f"{where} {error}.") from error
        except NOT_AS_WRITTEN as error:
            raise OodflowError(
                f"{where} is damaged or of another kind ({type(error).__name__}: {error}); {cls.remedy}."
            ) from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a record from a file; errors as :meth:`parse`, and when it can't be read."""
        try:
            return cls.parse(json.loads(path.read_bytes()), str(path))
        except FileNotFoundError as error:
            raise NotThere(f"there is no {path}.") from error
        except OSError as error:
            raise OodflowError(f"{path} can't be read: {error.strerror or error}.") from error
        except (ValueError, RecursionError) as error:
            raise OodflowError(f"{path} is damaged ({error}); {cls.remedy}.") from error

    def write(self, path: Path) -> None:
        """Write the record to a file, atomically."""
        write_text(path, self.as_json())

    def as_json(self) -> str:
        """Give the text of the file that :meth:`read` reads."""
        return json.dumps(self.as_dict(), indent=1, allow_nan=False) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """Give what :meth:`parse` reads, ready for JSON, with the schema's version in front."""
        return self.model_dump(mode="json")

    @classmethod
    def _migrated(cls, value: Any) -> dict[str, Any]:
        assert cls.version is not None, "asked of versioned records alone"
        number = value.get("schema_version", 0) if isinstance(value, Mapping) else 0  # once there was none
        if isinstance(value, Mapping):
            value = {name: part for name, part in value.items() if name != "schema_version"}
        elif 0 not in cls.migrations:
            raise TypeError(f"expected an object but got {type(value).__name__}")
        if not isinstance(number, int) or number > cls.version:
            raise OtherVersion(
                f"has schema version {number!r}, this oodflow writes {cls.version}: read it with the version that "
                "wrote it, or a newer one"
            )
        while number < cls.version:
            if number not in cls.migrations:
                raise OtherVersion(
                    f"has schema version {number}, which this oodflow no longer reads (it writes {cls.version}): "
                    f"{cls.remedy}"
                )
            value, number = cls.migrations[number](value), number + 1
        return dict(value)


class OtherVersion(Exception):
    """A stored record is of a version that can't be read; no ``ValueError``, for those pydantic would wrap."""
