"""What happens to files, and what those do to them who mean harm."""

import re
from collections.abc import Callable

import numpy as np

EXTREME = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1]
VALUE = re.compile(rb'"[^"\n]*"|[-+.\w]+')
VALUES = [
    b"0", b"-1", b"1e400", b"NaN", b"Infinity", b"9" * 400, b"99999999999", b"0.5", b"null", b"true", b'""', b'"x"',
    b"[]", b"{}", b"[" * 2000, b'"\\ud800"', b'{"kind": "glow"}',
]  # fmt: skip
Change = Callable[[bytearray, np.random.Generator], bytearray]


def cut_off(content: bytearray, rng: np.random.Generator) -> bytearray:
    return content[: rng.integers(len(content))]


def flip_bits(content: bytearray, rng: np.random.Generator) -> bytearray:
    for place in rng.integers(0, len(content), rng.integers(1, 6)):
        content[place] ^= 1 << rng.integers(8)
    return content


def set_a_number(content: bytearray, rng: np.random.Generator) -> bytearray:
    width = int(rng.choice([1, 2, 4, 8]))
    number = EXTREME[rng.integers(len(EXTREME))] % (1 << 8 * width)
    place = rng.integers(max(1, len(content) - width))
    content[place : place + width] = number.to_bytes(width, "little" if rng.integers(2) else "big")
    return content


def set_a_number_in_the_head(content: bytearray, rng: np.random.Generator) -> bytearray:
    head = content[:200]
    return set_a_number(head, rng) + content[200:]


def repeat_a_piece(content: bytearray, rng: np.random.Generator) -> bytearray:
    start, stop = sorted(rng.integers(0, len(content), 2))
    return content[:stop] + content[start:]


def drop_a_piece(content: bytearray, rng: np.random.Generator) -> bytearray:
    start, stop = sorted(rng.integers(0, len(content), 2))
    return content[:start] + content[stop:]


def overwrite_a_piece(content: bytearray, rng: np.random.Generator) -> bytearray:
    start = rng.integers(len(content))
    length = min(int(rng.integers(1, 64)), len(content) - start)
    content[start : start + length] = rng.bytes(length) if rng.integers(2) else bytes([rng.integers(256)]) * length
    return content


def set_a_value(content: bytearray, rng: np.random.Generator) -> bytearray:
    """As an editor would, in a text that stays one."""
    found = list(VALUE.finditer(content))
    if not found:
        return flip_bits(content, rng)
    one = found[rng.integers(len(found))]
    return content[: one.start()] + VALUES[rng.integers(len(VALUES))] + content[one.end() :]


def make_noise(content: bytearray, rng: np.random.Generator) -> bytearray:
    return bytearray(rng.bytes(rng.integers(1, 500)))


CHANGES: list[Change] = [
    cut_off, flip_bits, set_a_number, set_a_number_in_the_head, set_a_value, repeat_a_piece, drop_a_piece,
    overwrite_a_piece, make_noise,
]  # fmt: skip


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Change some content once or twice."""
    changed = bytearray(content)
    for change in rng.choice(len(CHANGES), rng.integers(1, 3)):
        changed = CHANGES[change](changed, rng) if changed else changed
    return bytes(changed)
