"""The page of a made-up record."""

from oodflow.bench.page import bench_document
from oodflow.document import as_markdown


def page_of(record):
    return as_markdown(bench_document(record))


def test_the_page(record):
    page = page_of(record)
    for line in (
        "| mnist-glow | cpu | 12,345 | 40.0 [36.0, 42.0] | 60.0 [54.0, 63.0] |",
        "| other 1.0 | Glow of width 64 | the same | 2.50 [2.50, 2.50] | 0.80 [0.80, 0.80] |",
        "| absent | not installed |  |  |  |",
        "| mnist-glow | cpu | 1.75 [1.50, 1.80] |",
        "| mnist-glow | cpu | 556 | 406 | 0.50 | 1.25 [1.20, 1.30] |",
        "| loading and noise, % of a training step with them | 1.00 [1.00, 1.00] |",
        "| score complexity, % of the likelihood pass on top of it | 25.00 [25.00, 25.00] |",
        "| evaluate beside scoring, images that could be scored meanwhile | 700 [700, 700] |",
        "| oodflow --help | 4.00 [4.00, 4.00] x python | 40 [40, 40] | 10 [10, 10] |",
        "| 64 channels, 14x14 | 100 [100, 100] | 100 [100, 100] | 100 [100, 100] |",
        "Copying in memory, read and written: 20.0 [20.0, 20.0] GB/s.",
        "- Abacus 9, 1 thread of 2 cores, load 0.2 at the start",
    ):
        assert line in page.splitlines(), line
    (row,) = [line for line in page.splitlines() if line.startswith("| mnist-glow | cpu | 2.0000 |")]
    assert row.split(" | ")[3:] == [
        "8.00 [8.00, 8.00]", "16.0 [16.0, 16.0]", "1,500 [1,500, 1,500]", "3,000.0 [3,000.0, 3,000.0] |",
    ]  # fmt: skip


def test_ratios_come_first(record):
    page = page_of(record)
    places = [page.index(words) for words in ("% of the limit", "ours/theirs", "ms of what", "images/s |")]
    assert places[0] == min(places)
    assert page.index("## On this machine") > page.index("## Around the flow") > page.index("## Beside other")


def test_every_table_is_one(record):
    for block in page_of(record).split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1, block


def test_a_busy_machine_is_named(record):
    assert "Something else was using" not in page_of(record)
    assert "Something else was using" in page_of(record.model_copy(update={"load": 3.0}))


def test_no_peers_no_section(record):
    assert "Beside other libraries" not in page_of(record.model_copy(update={"peers": ()}))
