import pytest

from oodflow.figures import RankPanel, critical_difference_figure


def texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("count", [2, 3, 7, 12])
def test_each_method_has_its_rank_and_each_group_its_bar(count):
    names = [f"method-{place}" for place in range(count)]
    ranks = [1 + 0.9 * place for place in range(count)]
    panel = RankPanel("AUROC", names, ranks, 0.95, [(0, 1)])
    figure = critical_difference_figure([panel, panel], title="Ranks", emphasis="method-1")
    figure.canvas.draw()
    assert [text.get_text() for text in figure.texts] == ["Ranks", "AUROC", "AUROC"]
    for axes in figure.axes:
        said = texts(axes)
        assert all(any(name in text.split() and f"{rank:.2f}" in text for text in said)
                   for name, rank in zip(names, ranks, strict=True))  # fmt: skip
        assert "critical difference 0.95" in said
        assert len([line for line in axes.lines if line.get_linewidth() > 3]) == 1
        (bold,) = [text.get_text() for text in axes.texts if text.get_weight() == "bold"]
        assert set(bold.split()) == {"method-1", "1.90"}


def test_no_text_lies_on_another_or_outside():
    ranks = [2.6, 3.05, 3.96, 4.01, 4.18, 4.3, 5.9]
    names = ["local-outlier-factor", "b", "c", "isolation-forest", "gaussian-mixture", "f", "kernel-density"]
    figure = critical_difference_figure([RankPanel("AUROC", names, ranks, 1.3, [(0, 1), (1, 2, 3)])], title="Ranks")
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in (*figure.axes[0].texts, *figure.texts)]
    for place, box in enumerate(boxes):
        assert 0 < box.x0 < box.x1 < 1200
        assert not any(box.overlaps(other) for other in boxes[:place])


def test_a_difference_that_is_wider_than_the_axis_is_told_in_words():
    panel = RankPanel("AP", ["a", "b"], [1.2, 1.8], 1.5, [(0, 1)])
    assert "critical difference 1.50: wider than the axis" in texts(
        critical_difference_figure([panel], title="").axes[0]
    )
