"""``oodflow export``: an ONNX model that scores as the flow does, and its calibration beside it."""

import importlib.util
import json

import numpy as np
import pytest
import torch

import oodflow as package
from oodflow.bijections import Conv1x1
from oodflow.deployment.export import ScorerRecord
from oodflow.deployment.onnx_scorer import KnownDeterminant, Scorer, inputs_of, onnx_model, run_onnx
from oodflow.errors import OodflowError
from oodflow.flows import RealNVPConfig, TabularConfig, image_noise
from oodflow.metrics import conformal_threshold
from oodflow.nets import ConvNetConfig
from oodflow.testing.modules import randomise
from oodflow.testing.observations import example_data, example_flow
from oodflow.transformers import SplineConfig

needs_onnx = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxscript", "onnxruntime")),
    reason="onnx, onnxscript and onnxruntime are not installed: pip install 'oodflow[onnx]'",
)


def spline():
    flow = TabularConfig(couplings=2, width=4, transformer=SplineConfig(), domain="standardised").build((6,)).eval()
    randomise(flow, 0)
    return flow.requires_grad_(False)


def realnvp():
    flow = RealNVPConfig(scales=2, width=2, net=ConvNetConfig()).build((1, 12, 8)).eval()
    randomise(flow, 0)
    return flow.requires_grad_(False)


FLOWS = {
    "glow": lambda: example_flow("grey"),
    "realnvp": realnvp,
    "tabular": lambda: example_flow("vectors"),
    "tabular-spline": spline,
}


@pytest.fixture(params=FLOWS)
def flow(request):
    return FLOWS[request.param]()


def data_of(flow):
    """Seven images with noise, or vectors, and the noise that a flow is given."""
    x = example_data("test", "grey" if flow.domain.is_images else "vectors").batch(slice(0, 7))
    return (x, image_noise(x, 0)) if flow.domain.is_images else (x.astype(np.float64),)


def test_a_scorer_is_the_likelihood_with_the_noise_that_it_is_given(flow):
    x, *noise = data_of(flow)
    found = Scorer(flow)(*map(torch.from_numpy, (x, *noise)))
    np.testing.assert_allclose(found, -flow.log_prob(x, noise=noise[0] if noise else None), rtol=1e-5)
    np.testing.assert_allclose(found, -flow.log_prob(x, seed=0), rtol=1e-5, err_msg="the noise of evaluation")


def test_the_number_of_data_stays_free_when_a_flow_is_traced(flow):
    inputs = tuple(map(torch.from_numpy, data_of(flow)))
    dynamic = tuple({0: torch.export.Dim("batch")} for _ in inputs)
    program = torch.export.export(Scorer(flow), inputs, dynamic_shapes=dynamic)
    some = tuple(one[:3] for one in inputs)
    assert torch.allclose(program.module()(*some), Scorer(flow)(*some))


def test_a_known_determinant_is_the_layers():
    layer, x = Conv1x1(4), torch.randn(3, 4, 2, 5)
    known = KnownDeterminant(layer)
    for one, other in zip(layer(x), known(x), strict=True):
        assert torch.allclose(one, other, atol=1e-5)
    back, log_det = known.inverse(known(x)[0])
    assert torch.allclose(back, x, atol=1e-5) and torch.allclose(log_det, -layer(x)[1], atol=1e-5)


@needs_onnx
def test_onnx_gives_the_same_scores(flow):
    x, *noise = data_of(flow)
    model = onnx_model(flow)
    for count in (1, 4, 7):
        found = run_onnx(model, *(one[:count] for one in (x, *noise)))
        expected = -flow.log_prob(x[:count], noise=noise[0][:count] if noise else None)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@needs_onnx
def test_a_run_is_exported_with_its_calibration_beside(oodflow, table, tmp_path):
    result = oodflow("export", table.run, tmp_path / "people.onnx")
    assert result.code == 0
    assert result.out == f"Wrote {tmp_path / 'people.onnx'} and {tmp_path / 'people.json'}\n"
    record = ScorerRecord.read(tmp_path / "people.json")
    (held_out,) = (table.run / "calibrations").glob("*/held-out.safetensors")
    scores = package.flows.load_tensors(held_out)[0]["scores"].numpy()
    assert record.thresholds == {str(rate): conformal_threshold(scores, rate) for rate in (0.05, 0.1, 0.2)}
    assert record.quantiles["50"] == pytest.approx(np.median(scores))
    assert record.inputs == {"x": "float64 [B, 3]"}
    assert (record.columns, record.unit, record.oodflow) == (("age", "weight", "height"), "nats", package.__version__)
    found = run_onnx((tmp_path / "people.onnx").read_bytes(), table.rows)
    np.testing.assert_allclose(found, -package.load(table.run).log_prob(table.rows), rtol=1e-4, atol=1e-4)
    assert json.loads(oodflow("export", table.run, tmp_path / "x.onnx", "--json").out)["weights"] == record.weights


def test_a_run_that_cannot_be_written_is_exported_with_its_calibration_elsewhere(oodflow, table, tmp_path, monkeypatch):
    monkeypatch.setattr("oodflow.deployment.export.onnx_model", lambda flow: b"a model")
    monkeypatch.setattr("os.access", lambda place, mode: place != table.run)  # nobody's permissions bind the superuser
    refused = oodflow("export", table.run, tmp_path / "people.onnx").error
    assert f"{table.run} can't be written: " in refused
    assert "detect and export write to another folder with --out" in refused
    assert oodflow("export", table.run, tmp_path / "people.onnx", "--out", tmp_path / "mine").code == 0
    assert (tmp_path / "people.onnx").read_bytes() == b"a model"
    assert list((tmp_path / "mine/calibrations").glob("*/held-out.safetensors"))
    assert not (table.run / "calibrations").exists()


def seconds():
    """A flow over rows with a column of seconds, which float32 would round to two minutes, and some of the rows."""
    rows = np.random.default_rng(0).normal([1.7e9, 70], [30, 8], (200, 2))
    flow = package.fit("tabular", rows, steps=3, progress=False, domain="standardised", width=4, couplings=2)
    return flow, rows[:20]


def test_vectors_keep_the_digits_that_float32_would_lose():
    flow, rows = seconds()
    (example,) = inputs_of(flow, 3)
    assert example.dtype == torch.float64
    found = Scorer(flow)(torch.from_numpy(rows).to(example.dtype))
    np.testing.assert_allclose(found, -flow.log_prob(rows), rtol=1e-5)
    assert np.abs(found.numpy() + flow.log_prob(rows.astype(np.float32))).max() > 0.5, "the reason for all this"


@needs_onnx
def test_onnx_takes_all_digits():
    flow, rows = seconds()
    np.testing.assert_allclose(run_onnx(onnx_model(flow), rows), -flow.log_prob(rows), rtol=1e-4, atol=1e-4)


@needs_onnx
def test_what_onnx_has_no_operation_for_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr("oodflow.deployment.onnx_scorer._without_determinants", lambda flow: flow)
    with pytest.raises(OodflowError, match=r"can't be written as ONNX: ONNX has no operation aten\._linalg_slogdet"):
        onnx_model(example_flow("grey"))


def test_refusals(oodflow, table, tmp_path, monkeypatch):
    result = oodflow("export", table.run, tmp_path / "x.onnx", "--score", "typicality")
    assert result.code == 2 and "the score typicality can't be exported" in result.error
    result = oodflow("export", table.run, tmp_path / "x.bin")
    assert result.code == 2 and "does not end in .onnx" in result.error
    monkeypatch.setattr("oodflow.deployment.onnx_scorer._NEEDED", ("no_such_library",))
    result = oodflow("export", table.run, tmp_path / "x.onnx")
    assert result.code == 1 and "takes no_such_library: pip install 'oodflow[onnx]'" in result.error
    assert not list(tmp_path.glob("x.*"))
