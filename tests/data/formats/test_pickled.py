import contextlib
import pickle
import struct

import numpy as np
import pytest

from oodflow.data.formats.pickled import Record, Refused, bytes_array, read_pickle

BATCH = {"data": np.random.default_rng(0).integers(0, 256, (7, 30), dtype=np.uint8), b"labels": [1, 2], "n": (1, 2.5)}


@pytest.mark.parametrize("protocol", range(5))
def test_plain_data_comes_back(protocol):
    plain = {"a": [1, -5, 2**80, 2.5, None, True, False], b"b": ("x", ("y", b"z" * 200), {}), 3: [[], {"k": "é"}]}
    assert read_pickle(pickle.dumps(plain, protocol)) == plain


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_arrays_of_bytes_come_back(protocol):
    found = read_pickle(pickle.dumps(BATCH, protocol))
    assert isinstance(found["data"], Record), "nothing is made before its lengths have been seen"
    np.testing.assert_array_equal(bytes_array(found["data"]), BATCH["data"])
    turned = np.asfortranarray(BATCH["data"])
    np.testing.assert_array_equal(bytes_array(read_pickle(pickle.dumps(turned, protocol))), turned)


def test_what_python_2_wrote_comes_back():
    raw = bytes(range(6))
    content = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87R"
        b"(K\x01K\x02K\x03\x86cnumpy\ndtype\nq\x03U\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89U\x06" + raw + b"tb."
    )
    np.testing.assert_array_equal(bytes_array(read_pickle(content)), np.arange(6, dtype=np.uint8).reshape(2, 3))


def array(shape, *, kind="u1", raw=b"\0" * 6):
    """The record of an array, as a file may claim it."""
    state = (1, shape, Record("numpy.dtype", (kind, 0, 1)), False, raw)
    named = read_pickle(b"cnumpy\nndarray\n.")
    return Record("numpy.core.multiarray._reconstruct", (named, (0,), b"b"), state)


def test_an_array_is_made_of_lengths_that_agree():
    assert bytes_array(array((2, 3))).shape == (2, 3)
    for claim in [
        array((2, 4)), array((-2, -3)), array((10**30, 3)), array((2, 3), kind="O"), array((2, 3), kind="V8"),
        array((1,) * 10_000), array((2, "3")),
        array((0, 2**70)), array((2**9000,) * 30), array((2, 3), raw=None), array((2, 3), raw=array((6,))),
        Record("numpy.ndarray", ((2, 3), "u1", b"\0" * 6)), {"data": 1}, None,
    ]:  # fmt: skip
        assert bytes_array(claim) is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"cos\nsystem\n.", "refers to os.system"),
        (b"\x8c\x05numpy\x8c\x04load\x93.", "refers to numpy.load"),
        (b"]]\x93.", "refers to what is no name"),
        (b"]]R.", "calls what is no name"),
        (b"cnumpy\nndarray\n)\x81.", "the instruction NEWOBJ"),
        (b"(inumpy\nndarray\n.", "the instruction INST"),
        (b"]Nb.", "gives a state to what is no object"),
        (b"})Ns.", "a key that is no text"),
        (b"}\x8a\x64" + b"\x7f" * 100 + b"Ns.", "a key that is no text"),
        (b")Na.", "appends to what is no list"),
        (b"]" * 50, "more than 20 instructions"),
    ],
)
def test_what_plain_data_does_not_say_is_refused(content, why):
    with pytest.raises(Refused, match=why):
        read_pickle(content, most=20)


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04]r" + struct.pack("<I", 2**31 - 2) + b".",  # a place in the memo, for which others make room
        b"\x8e" + struct.pack("<Q", 2**62) + b"x.",
        b"\x8b" + struct.pack("<I", 2**31 - 1) + b"x.",
        b"K\x01" + b"\x85" * 5000 + b".",  # nested as deep as it is long
    ],
)
def test_declared_lengths_cost_nothing(content, limited):
    def read():
        with contextlib.suppress(ValueError, IndexError):
            read_pickle(content)

    limited(read)


def test_damage_of_any_kind_is_an_exception(limited):
    whole = pickle.dumps(BATCH, 2)
    rng = np.random.default_rng(1)

    def read_all():
        for _ in range(300):
            damaged = bytearray(whole)
            for place in rng.integers(0, len(whole), rng.integers(1, 5)):
                damaged[place] = rng.integers(256)
            try:
                found = read_pickle(bytes(damaged[: rng.integers(1, len(whole) + 1)]))
            except MemoryError:
                raise
            except Exception:  # of any kind
                continue
            bytes_array(found.get("data") if isinstance(found, dict) else found)

    limited(read_all)
