"""What a run is called in tables and figures."""

from oodflow.runs.config import RunConfig


def name_of(config: RunConfig) -> str:
    """Name a run by what it is, whatever of its recipe was changed.

    Example:
        >>> from oodflow.recipes import RECIPES
        >>> name_of(RECIPES["mnist-glow"]("cpu"))
        'Glow with convnets and actnorm, mnist'
    """
    return f"{config.flow.title}, {config.data}"
