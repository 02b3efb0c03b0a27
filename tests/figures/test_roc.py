"""ROC curves as drawn: every curve there, its area in the key, the best first."""

import numpy as np

from oodflow.figures import roc_figure
from oodflow.metrics import auroc, roc


def test_each_set_has_a_panel_and_each_score_a_curve_and_its_area():
    rng = np.random.default_rng(0)
    inside = rng.normal(size=50)
    outside = {"near": rng.normal(0.5, 1, 41), "far": rng.normal(3, 1, 30)}
    scores = {"likelihood": 1, "typicality": -1}
    curves = {
        name: {score: roc(sign * inside, sign * values) for score, sign in scores.items()}
        for name, values in outside.items()
    }
    figure = roc_figure(curves, title="Scores")
    panels = [axes for axes in figure.axes if axes.get_xlabel()]
    assert len(panels) == 2
    for axes, values in zip(panels, outside.values(), strict=True):
        *_, best, worst = (line.get_xydata() for line in axes.get_lines())
        for curve, sign in ((best, 1), (worst, -1)):
            assert np.trapezoid(curve[:, 1], curve[:, 0]) / 1e4 == auroc(sign * inside, sign * values)
    written = [text.get_text() for text in figure.texts]
    areas = [f"{100 * auroc(inside, values):.1f} %  likelihood" for values in outside.values()]
    assert written[:5] == ["Scores", "near", areas[0], written[3], "far"]
    assert areas[1] in written
