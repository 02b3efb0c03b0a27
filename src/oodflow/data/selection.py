"""Which columns and rows of a table are wanted, and what its file does not say by itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from urllib.parse import quote, unquote

from oodflow.errors import UsageError

OPTIONS = {
    "columns": "A,B",
    "without": "A,B",
    "label": "NAME",
    "class": "VALUE",
    "delimiter": "tab",
    "decimal": "comma",
    "header": "yes|no",
    "array": "NAME",
}
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}


@dataclass(frozen=True)
class Selection:
    """What of a table is read.

    Attributes:
        columns: names of the features, in the order that they are wanted in; none: all, as they lie.
        without: names of columns that are no features.
        label: name of the column, or the array, that tells rows' classes; it is no feature.
        classes: values of the label that rows are kept of; none: all rows.
        delimiter: between the fields of a CSV file; empty: found out.
        decimal: what stands before the decimals in a CSV file; empty: a point.
        header: whether the first line of a CSV file names the columns; none: found out.
        array: name of the array in a file that holds several; empty: the one that can be meant.

    Example:
        >>> Selection.of({"columns": "age,weight", "label": "y", "class": "0"}).classes
        ('0',)
    """

    columns: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    label: str = ""
    classes: tuple[str, ...] = ()
    delimiter: str = ""
    decimal: str = ""
    header: bool | None = None
    array: str = ""

    @classmethod
    def of(cls, options: Mapping[str, str]) -> "Selection":
        """Read the options behind a question mark; ``%2C`` is a comma and ``%26`` an ``&`` in a name."""
        for name, value in options.items():
            if not value:
                raise UsageError(f"{name} is empty: write {name}={OPTIONS[name]}.")
        return cls(
            columns=_names(options.get("columns", "")),
            without=_names(options.get("without", "")),
            label=unquote(options.get("label", "")),
            classes=tuple(sorted(map(canonical, _names(options.get("class", ""))))),
            delimiter=_delimiter(options["delimiter"]) if "delimiter" in options else "",
            decimal=_decimal(options["decimal"]) if "decimal" in options else "",
            header=_header(options["header"]) if "header" in options else None,
            array=unquote(options.get("array", "")),
        )

    @property
    def used(self) -> list[str]:
        """Names of the options that say something."""
        named = {"classes": "class"}
        return [named.get(one.name, one.name) for one in fields(self) if getattr(self, one.name) not in ((), "", None)]

    def shares_rows(self, other: "Selection") -> bool:
        """Tell whether two selections of one file may keep the same row: not if one label tells them apart."""
        if self.array and other.array and self.array != other.array:
            return False
        apart = self.label == other.label and self.classes and other.classes
        return not apart or bool(set(self.classes) & set(other.classes))


def canonical(value: object) -> str:
    """Write a class in one way, so that ``1``, ``1.0`` and ``1.000e+00`` are the same.

    Example:
        >>> canonical("1.000e+00"), canonical(1), canonical(" benign "), canonical(True)
        ('1', '1', 'benign', '1')
    """
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return str(int(text.lower() == "true"))
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else repr(number)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(unquote(name).strip() for name in text.split(",")) if text else ()
    if twice := [name for i, name in enumerate(names) if name in names[:i]]:
        raise UsageError(f"{twice[0]!r} is named twice in {text!r}: leave one of them out.")
    return names


def escaped(name: str) -> str:
    """Write the name of a column, or a class, as it is read behind a question mark.

    Example:
        >>> escaped("height (cm), %"), _names("a,height (cm)%2C %25")
        ('height (cm)%2C %25', ('a', 'height (cm), %'))
    """
    return re.sub("[%&?,]", lambda one: quote(one[0]), name)


def _delimiter(text: str) -> str:
    one = DELIMITERS.get(text, text)
    if not re.fullmatch(r"[^\w\s\"'.+-]|\t", one):
        raise UsageError(
            f"delimiter {text!r} is none: write one of {', '.join(DELIMITERS)}, or one character that is no blank."
        )
    return one


def _decimal(text: str) -> str:
    if text not in ("comma", "point"):
        raise UsageError(
            f"decimal {text!r} is neither comma nor point: write decimal=comma if a comma is before decimals."
        )
    return "," if text == "comma" else ""


def _header(text: str) -> bool:
    if text not in ("yes", "no"):
        raise UsageError(
            f"header {text!r} is neither yes nor no: write header=yes if the first line names the columns."
        )
    return text == "yes"
