"""Python pickles as inert data: nothing that they name is called, imported or made.

A pickle is a program for a small machine with a stack. The machine here has those of its instructions that build plain
containers; an object becomes a :class:`Record` of what the program says about it. Each instruction takes time and
memory in proportion to its own bytes, and there may be only so many. (``pickle.Unpickler`` promises none of this:
whatever it may call it calls with arguments from the file, and numpy's own constructors believe those.)
"""

import math
import pickletools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

ARRAY, TYPE, ENCODED = "numpy.ndarray", "numpy.dtype", "_codecs.encode"
RECONSTRUCT = frozenset({"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"})
NAMES = frozenset({ARRAY, TYPE, ENCODED}) | RECONSTRUCT
"""All that an array of bytes in plain containers refers to."""
MOST_AXES = 32
SHORT = 256  # up to here bytes are made of a text at once; each copy costs a file five bytes


class Refused(ValueError):
    """A pickle says what no plain data says."""


@dataclass(frozen=True)
class Name:
    """A class or function that a pickle refers to."""

    name: str


@dataclass(eq=False)
class Record:
    """What a pickle says of an object: what it is to be made by, of what, and in which state."""

    name: str
    args: tuple[Any, ...]
    state: Any = None


def read_pickle(content: bytes, names: Collection[str] = NAMES, most: int = 1_000_000) -> Any:
    """Return the data that a pickle describes: numbers, texts, bytes, lists, tuples, dictionaries and records.

    Args:
        content: the pickle.
        names: the classes and functions that may be referred to.
        most: how many instructions it may have.

    Raises:
        Refused: for another name, more instructions or one that plain data does not need, or a key that is no text,
            bytes or number.
        Exception: of any kind, for damaged content.

    Example:
        >>> import pickle
        >>> read_pickle(pickle.dumps({b"labels": [1, 2]}))
        {b'labels': [1, 2]}
        >>> read_pickle(pickle.dumps(print))
        Traceback (most recent call last):
        ...
        oodflow.data.formats.pickled.Refused: refers to builtins.print, which plain data does not
    """
    machine = _Machine(names)
    for number, (opcode, argument, _) in enumerate(pickletools.genops(content)):
        if number >= most:
            raise Refused(f"has more than {most:,} instructions")
        if opcode.name in _PUSH:
            machine.stack.append(argument)
        elif (step := _STEPS.get(opcode.name)) is not None:
            step(machine, argument)
        else:
            raise Refused(f"has the instruction {opcode.name}, which plain data does not need")
    (result,) = machine.stack
    return result


def bytes_array(found: Any) -> npt.NDArray[np.uint8] | None:
    """Make the array of bytes that a record describes; none if it describes anything else, or with another length.

    Example:
        >>> import pickle
        >>> bytes_array(read_pickle(pickle.dumps(np.eye(2, dtype=np.uint8), protocol=2)))
        array([[1, 0],
               [0, 1]], dtype=uint8)
    """
    match found:
        case Record(
            name, (Name("numpy.ndarray"), *_), (_, tuple(shape), Record("numpy.dtype", (kind, *_)), bool(column), raw)
        ):
            data = _raw(raw)
        case _:
            return None
    if name not in RECONSTRUCT or kind not in ("u1", b"u1") or data is None:
        return None
    if len(shape) > MOST_AXES or not all(isinstance(side, int) and 0 <= side <= len(data) for side in shape):
        return None  # before anything is multiplied that may have any number of digits
    if math.prod(shape) != len(data):
        return None
    return np.frombuffer(data, np.uint8).reshape(shape, order="F" if column else "C")


def _raw(raw: Any) -> bytes | None:
    match raw:
        case bytes():
            return raw
        case str(text):  # Python 2 knew no other bytes
            return _latin1(text)
        case Record("_codecs.encode", (str(text), "latin1" | b"latin1")):  # how Python 3 writes bytes for Python 2
            return _latin1(text)
    return None


def _latin1(text: str) -> bytes | None:
    try:
        return text.encode("latin1")
    except UnicodeEncodeError:
        return None


class _Machine:
    def __init__(self, names: Collection[str]) -> None:
        self.names = names
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def pop(self) -> Any:
        return self.stack.pop()

    def after_mark(self) -> list[Any]:
        start = self.marks.pop()
        taken, self.stack[start:] = self.stack[start:], []
        return taken

    def name(self, name: str) -> None:
        if name not in self.names:
            raise Refused(f"refers to {name}, which plain data does not")
        self.stack.append(Name(name))

    def stack_global(self) -> None:
        name, module = self.pop(), self.pop()
        self.name(f"{module}.{name}" if isinstance(name, str) and isinstance(module, str) else "what is no name")

    def reduce(self) -> None:
        args, function = self.pop(), self.pop()
        if not isinstance(function, Name) or not isinstance(args, tuple):
            raise Refused("calls what is no name")
        record = Record(function.name, args)
        short = function.name == ENCODED and args and isinstance(args[0], str) and len(args[0]) <= SHORT
        self.stack.append(_raw(record) if short else record)

    def build(self) -> None:
        state, record = self.pop(), self.stack[-1]
        if not isinstance(record, Record):
            raise Refused("gives a state to what is no object")
        record.state = state

    def append(self, values: list[Any]) -> None:
        items = self.stack[-1]
        if not isinstance(items, list):
            raise Refused("appends to what is no list")
        items.extend(values)

    def set(self, items: list[Any]) -> None:
        mapping = self.stack[-1]
        if not isinstance(mapping, dict):
            raise Refused("sets keys of what is no dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            short = isinstance(key, int) and key.bit_length() <= 64
            if not (short or isinstance(key, str | bytes)):  # nested tuples and long numbers take ages to hash
                raise Refused("has a key that is no text, bytes or number")
            mapping[key] = value

    def dict(self) -> None:
        items = self.after_mark()
        self.stack.append({})
        self.set(items)

    def tuple(self, length: int) -> None:
        taken = self.stack[len(self.stack) - length :]
        if len(taken) < length:
            raise IndexError("the stack is empty")
        del self.stack[len(self.stack) - length :]
        self.stack.append(tuple(taken))

    def remember(self, place: int) -> None:
        self.memo[place] = self.stack[-1]


_PUSH = frozenset({
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
})  # fmt: skip

_STEPS: dict[str, Callable[[_Machine, Any], object]] = {
    "PROTO": lambda machine, _: None,
    "FRAME": lambda machine, _: None,
    "STOP": lambda machine, _: None,
    "NONE": lambda machine, _: machine.stack.append(None),
    "NEWTRUE": lambda machine, _: machine.stack.append(True),
    "NEWFALSE": lambda machine, _: machine.stack.append(False),
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "EMPTY_TUPLE": lambda machine, _: machine.stack.append(()),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "POP": lambda machine, _: machine.pop(),
    "LIST": lambda machine, _: machine.stack.append(machine.after_mark()),
    "DICT": lambda machine, _: machine.dict(),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.after_mark())),
    "TUPLE1": lambda machine, _: machine.tuple(1),
    "TUPLE2": lambda machine, _: machine.tuple(2),
    "TUPLE3": lambda machine, _: machine.tuple(3),
    "APPEND": lambda machine, _: machine.append([machine.pop()]),
    "APPENDS": lambda machine, _: machine.append(machine.after_mark()),
    "SETITEM": lambda machine, _: machine.set([machine.pop(), machine.pop()][::-1]),
    "SETITEMS": lambda machine, _: machine.set(machine.after_mark()),
    "GLOBAL": lambda machine, name: machine.name(name.replace(" ", ".", 1)),
    "STACK_GLOBAL": lambda machine, _: machine.stack_global(),
    "REDUCE": lambda machine, _: machine.reduce(),
    "BUILD": lambda machine, _: machine.build(),
    "PUT": lambda machine, place: machine.remember(place),
    "BINPUT": lambda machine, place: machine.remember(place),
    "LONG_BINPUT": lambda machine, place: machine.remember(place),
    "MEMOIZE": lambda machine, _: machine.remember(len(machine.memo)),
    "GET": lambda machine, place: machine.stack.append(machine.memo[place]),
    "BINGET": lambda machine, place: machine.stack.append(machine.memo[place]),
    "LONG_BINGET": lambda machine, place: machine.stack.append(machine.memo[place]),
}  # fmt: skip
