"""A flow that the paper's figures need: a recipe, trained with several seeds."""

from dataclasses import dataclass, replace
from functools import lru_cache

from oodflow.recipes import RECIPES
from oodflow.recipes.scales import Scale
from oodflow.runs import RunConfig, override

ENCODER = "{encoder}"
"""In a setting: the encoder that the reproduction is made with."""


@dataclass(frozen=True)
class Question:
    """What else a study is asked.

    Attributes:
        name: of the question, for files; empty: it is that of the study itself.
        ood: data sets; empty: those of the study.
        scores: that are asked for.
    """

    name: str = ""
    ood: tuple[str, ...] = ()
    scores: tuple[str, ...] = ("likelihood",)


ITS_OWN = Question()


@dataclass(frozen=True)
class Study:
    """A recipe with settings, to be trained with several seeds.

    Attributes:
        recipe: of the flow.
        settings: that make it another, as ``flow.couplings=2``.
        at: more of them, by scale, where the recipe's training has to be made shorter, say.
        last: settings that come after these.
        label: names it; empty: as the recipe.
        ood: what it is asked about; empty: what the recipe says.
    """

    recipe: str
    settings: tuple[str, ...] = ()
    at: tuple[tuple[Scale, tuple[str, ...]], ...] = ()
    last: tuple[str, ...] = ()
    label: str = ""
    ood: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called."""
        return self.label or self.recipe

    def run_name(self, scale: Scale) -> str:
        """Name its runs at a scale: after the recipe where it is nothing else there, so that both are one."""
        return self.name if self.all_settings(scale, None) else self.recipe

    @property
    def untrained(self) -> "Study":
        """The same after its first step, which has taught it nothing: what any number of it is to be held against."""
        return replace(self, last=("training.steps=1",), label=f"{self.name}-untrained")

    def all_settings(self, scale: Scale, encoder: str | None) -> tuple[str, ...]:
        """Collect the settings at a scale, with the encoder filled in."""
        settings = (*self.settings, *dict(self.at).get(scale, ()), *self.last)
        return tuple(setting.replace(ENCODER, encoder or ENCODER) for setting in settings)

    def asked_about(self, encoder: str | None) -> tuple[str, ...]:
        """Name the sets that it is asked about, with the encoder filled in; empty: those of the recipe."""
        return tuple(spec.replace(ENCODER, encoder or ENCODER) for spec in self.ood)

    def config(self, scale: Scale, seed: int, encoder: str | None = None) -> RunConfig:
        """Make the configuration of one seed.

        Raises:
            UsageError: the recipe has no such scale.
        """
        return _config(self, scale, seed, encoder)


@lru_cache(maxsize=4096)
def _config(study: Study, scale: Scale, seed: int, encoder: str | None) -> RunConfig:
    """Make a configuration once: it takes a while to check, and never changes."""
    config = RECIPES[study.recipe](scale)
    return override(config, [*study.all_settings(scale, encoder), f"training.seed={seed}"])
