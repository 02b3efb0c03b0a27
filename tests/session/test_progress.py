"""The bar of training: the objective's terms by name, smoothed, and what was skipped."""

import io

import torch
from rich.console import Console

from oodflow.flows import GlowConfig
from oodflow.session.progress import training_progress
from oodflow.training import StepReport, TrainingConfig, TrainState


def report(step, finite, *terms):
    return StepReport(step, 2, 1e-3, ("bpd", "ood_above"), torch.tensor([1.0, 2.0, finite, *terms]))


def test_terms_are_shown_by_name(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(
        "oodflow.session.progress.progress_console", Console(file=shown, force_terminal=True, width=200)
    )
    monkeypatch.setattr("oodflow.session.progress._EVERY", 0.0)
    state = TrainState.start(GlowConfig(steps=1, width=2).build((1, 4, 4)), TrainingConfig(steps=2))
    with training_progress() as callback:
        callback(state, report(1, True, 3.0, 1.0))
        state.skips += 1
        callback(state, report(2, False, torch.nan, torch.nan))
        callback(state, report(2, True, 4.0, 0.5))
    assert "bpd 3.1, ood_above 0.95, 1 skipped" in shown.getvalue()
    assert "nan" not in shown.getvalue()
