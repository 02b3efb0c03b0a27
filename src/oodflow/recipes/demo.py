"""What ``oodflow demo`` shows: the first of a few recipes whose data are at hand."""

from pathlib import Path

from oodflow.data import at_hand, data_root
from oodflow.recipes.named import RECIPES
from oodflow.runs.config import RunConfig

CASES = ("demo-mnist", "demo-digits", "photographs-realnvp")  # the last is built in


def demo(scale: str, root: Path | None = None) -> tuple[RunConfig, str]:
    """Choose what to show, and say what it is and why: nothing is downloaded for it.

    Args:
        scale: of the recipe.
        root: where data sets lie; see :func:`oodflow.data.data_root`.

    Example:
        >>> config, why = demo("smoke", getfixture("tmp_path"))
        >>> config.recipe in CASES, why.startswith("Showing ")
        (True, True)
    """
    root = data_root(root)
    cases = [RECIPES[name](scale) for name in CASES]
    missing = [_missing(config, root) for config in cases]
    chosen = next(i for i, sets in enumerate(missing) if not sets)
    config = cases[chosen]
    shown = f"Showing what a flow of {config.data} makes of {', '.join(config.ood)}"
    passed = list(dict.fromkeys(name for sets in missing[:chosen] for name in sets))
    if not passed:
        return config, f"{shown}: the paper's own case, whose data are at hand."
    own = " and ".join((cases[0].data, *cases[0].ood))
    return config, (
        f"{shown}: for the paper's own case, {own}, there is no {' and no '.join(passed)} in {root}; to have it, run "
        f"`oodflow data get {' '.join(passed)}`."
    )


def _missing(config: RunConfig, root: Path) -> list[str]:
    """Which of a recipe's data sets are not at hand."""
    wanted = [(config.data, "train"), (config.data, "test"), *((spec, "all") for spec in config.ood)]
    return list(dict.fromkeys(spec for spec, split in wanted if not at_hand(spec, split, root)))
