"""Tables and figures of the paper, one subject a file."""

from oodflow.paper.experiment import Experiment
from oodflow.paper.experiments import (
    baselines,
    beyond,
    biases,
    couplings,
    imagenet,
    latents,
    masks,
    negative,
    objective,
    vectors,
)
from oodflow.registry import Registry

EXPERIMENTS: Registry[Experiment] = Registry(
    "experiment",
    "oodflow.experiments",
    {
        "fig1": imagenet.FIGURE_1,
        "fig2": latents.FIGURE_2,
        "fig3": couplings.FIGURE_3,
        "fig4": objective.FIGURE_4,
        "prop1": objective.PROPOSITION_1,
        "fig5": negative.FIGURE_5,
        "fig6": baselines.FIGURE_6,
        "table1": baselines.TABLE_1,
        "fig7": masks.FIGURE_7,
        "fig8": latents.FIGURE_8,
        "fig9": couplings.FIGURE_9,
        "fig10": biases.FIGURE_10,
        "fig11": couplings.FIGURE_11,
        "fig12": masks.FIGURE_12,
        "fig13": biases.FIGURE_13,
        "fig14": biases.FIGURE_14,
        "fig15": baselines.FIGURE_15,
        "fig16": latents.FIGURE_16,
        "fig17": vectors.FIGURE_17,
        "table2a": vectors.TABLE_2A,
        "fig18": vectors.FIGURE_18,
        "table2b": vectors.TABLE_2B,
        "glow-masks": beyond.GLOW_MASKS,
        "better-likelihood": beyond.BETTER_LIKELIHOOD,
        "untuned-pairs": beyond.UNTUNED_PAIRS,
        "grey-and-colour": beyond.GREY_AND_COLOUR,
    },
)
"""By the name that the command line takes, in the order of the paper."""

__all__ = ["EXPERIMENTS"]
