"""``oodflow bench``."""

import shlex
from argparse import Namespace
from pathlib import Path

from oodflow.bench.gpu import GpuOptions, bench_gpu, gpu_document
from oodflow.bench.guard import differences, fallen, load_ratios, ratios, write_ratios
from oodflow.bench.options import BenchOptions
from oodflow.bench.page import bench_document
from oodflow.bench.ranks import RanksOptions, ranks_document
from oodflow.bench.ranks import measure as measure_ranks
from oodflow.bench.run import bench, require_writable
from oodflow.cli.display import show_or_write
from oodflow.errors import OodflowError, UsageError
from oodflow.files import page_and_data
from oodflow.runs.pages import write_page
from oodflow.session.progress import progress_console
from oodflow.training import choose_device


def run(arguments: Namespace) -> None:
    """Measure, and print or write the page; then hold the shares against stored ones, or store them."""
    if arguments.processes is not None:
        _processes(arguments)
        return
    if arguments.device == "cuda":
        _gpu(arguments)
        return
    stored = None if arguments.against is None else load_ratios(arguments.against)
    for path in [*_written(arguments), *([arguments.store] if arguments.store else ())]:
        require_writable(path)
    options = BenchOptions(
        **{name: tuple(getattr(arguments, name)) for name in ("recipes", "scales") if getattr(arguments, name)},
        rounds=arguments.rounds,
        peers=arguments.peers,
    )
    record = bench(options, command=shlex.join(arguments.command), say=progress_console.print)
    show_or_write(
        arguments, record, lambda: bench_document(record),
        lambda path: write_page(path, record, lambda title: bench_document(record)),
    )  # fmt: skip
    if arguments.store is not None:
        write_ratios(record, arguments.store)
        progress_console.print(f"Wrote {arguments.store}")
    if stored is None:
        return
    for note in differences(stored, ratios(record)):
        progress_console.print(note)
    if slower := fallen(stored, ratios(record)):
        raise OodflowError(f"the share of the limit fell below {arguments.against}: {'; '.join(slower)}.")


def _gpu(arguments: Namespace) -> None:
    """Measure training on a GPU, and print or write the page."""
    _require_only(arguments, "--device cpu: on a GPU training alone is measured")
    choose_device("cuda")
    for path in _written(arguments):
        require_writable(path)
    options = GpuOptions(rounds=arguments.rounds, **_flows(arguments))
    record = bench_gpu(options, command=shlex.join(arguments.command), say=progress_console.print)
    show_or_write(
        arguments, record, lambda: gpu_document(record),
        lambda path: write_page(path, record, lambda title: gpu_document(record)),
    )  # fmt: skip


def _processes(arguments: Namespace) -> None:
    """Measure what several processes make of this machine, and print or write the page."""
    _require_only(arguments, "a measurement of one process")
    if arguments.device != "cpu":
        raise UsageError("--processes goes with --device cpu: leave one of them away.")
    for path in _written(arguments):
        require_writable(path)
    options = RanksOptions(processes=arguments.processes, rounds=arguments.rounds, **_flows(arguments))
    record = measure_ranks(options, command=shlex.join(arguments.command), say=progress_console.print)
    show_or_write(
        arguments, record, lambda: ranks_document(record),
        lambda path: write_page(path, record, lambda title: ranks_document(record, title)),
    )  # fmt: skip


def _flows(arguments: Namespace) -> dict[str, tuple[tuple[str, str], ...]]:
    """Pair recipes with scales, if any are named."""
    if not (arguments.recipes or arguments.scales):
        return {}
    whole = BenchOptions()
    recipes, scales = arguments.recipes or whole.recipes, arguments.scales or whole.scales
    return {"flows": tuple((recipe, scale) for scale in scales for recipe in recipes)}


def _require_only(arguments: Namespace, what: str) -> None:
    """Refuse flags that would be ignored; they go with ``what``."""
    ignored = {"--no-peers": not arguments.peers, "--against": arguments.against, "--store": arguments.store}
    for flag, given in ignored.items():
        if given:
            raise UsageError(f"{flag} goes with {what}.")


def _written(arguments: Namespace) -> tuple[Path, ...]:
    return page_and_data(arguments.write) if arguments.write else ()
