"""Measuring on a GPU: everything but the GPU, which tests have not got."""

import pytest

from oodflow.bench.gpu import GpuOptions, GpuRecord, bench_gpu, gpu_document
from oodflow.bench.gpu.options import DEFAULT_FLOWS
from oodflow.document import as_markdown
from oodflow.errors import UnknownName
from oodflow.recipes import RECIPES


@pytest.fixture(scope="module")
def record():
    flows = (("fashion-mnist-glow", "smoke"), ("fashion-mnist-tarflow", "smoke"))
    options = GpuOptions(flows=flows, batches=(2, 4), rounds=2)
    return bench_gpu(options, command="oodflow bench --device cuda", say=lambda line: None, device="cpu")


def test_each_flow_is_measured_in_each_way(record):
    ways = [(row.recipe, row.precision, row.batch) for row in record.flows]
    assert ways == [
        (recipe, precision, batch)
        for recipe in ("fashion-mnist-glow", "fashion-mnist-tarflow")
        for precision in ("float32", "bfloat16")
        for batch in (2, 4)
    ]
    assert set(record.peaks) == {"float32", "bfloat16"}
    assert record.skipped_steps == 0


def test_shares_are_of_the_faster_of_both(record):
    for row in record.flows:
        fastest = max(row.launched.flop_per_second.high, row.replayed.flop_per_second.high)
        peak = record.peaks[row.precision]
        assert fastest / peak.high <= row.of_peak.high <= fastest / peak.low


def test_the_record_comes_back_from_its_file_and_fills_a_page(record, tmp_path):
    record.write(tmp_path / "gpu.json")
    assert GpuRecord.read(tmp_path / "gpu.json") == record
    page = as_markdown(gpu_document(record))
    assert len([line for line in page.splitlines() if line.startswith("| fashion-mnist-")]) == 8
    assert "no GPU" in page


def test_what_is_measured_by_default_exists():
    assert all(RECIPES[name](scale).training for name, scale in DEFAULT_FLOWS)


def test_an_unknown_recipe_is_refused_before_anything_is_measured():
    with pytest.raises(UnknownName, match="fashion-mnist-glow"):
        bench_gpu(GpuOptions(flows=(("fashion-mnist-glo", "smoke"),)), command="", device="cpu")


@pytest.mark.parametrize("option", [("--no-peers",), ("--store", "file"), ("--against", "file")])
def test_what_only_the_cpu_has_is_refused(oodflow, option):
    result = oodflow("bench", "--device", "cuda", *option)
    assert result.code == 2
    assert f"{option[0]} goes with --device cpu" in result.error


def test_without_a_gpu_there_is_nothing_to_measure(oodflow, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    result = oodflow("bench", "--device", "cuda")
    assert result.code == 1
    assert "no GPU" in result.error


def test_recipes_and_scales_are_asked_for_as_on_a_cpu(oodflow, monkeypatch, record):
    asked = []
    monkeypatch.setattr("oodflow.cli.bench.choose_device", lambda name: None)
    monkeypatch.setattr("oodflow.cli.bench.bench_gpu", lambda options, **how: asked.append(options) or record)
    assert oodflow("bench", "--device", "cuda").out.startswith("# Training on a GPU")
    oodflow("bench", "--device", "cuda", "--recipes", "mnist-glow", "--rounds", "2")
    assert asked[0].flows == DEFAULT_FLOWS
    assert asked[1].flows == (("mnist-glow", "cpu"), ("mnist-glow", "paper"))
    assert asked[1].rounds == 2
