"""How often what is tried."""

from pydantic import Field

from oodflow.config import Config


class ReliabilityOptions(Config):
    """How often what is tried.

    Attributes:
        kills: of processes that train, at random moments.
        others: how often each other fault.
        steps: of a training that faults come upon.
        glow_steps: of the published Glow's training, in small; 0: it is left out.
        seeds: of the latter.
        seed: of the random moments.
    """

    kills: int = Field(50, ge=1)
    others: int = Field(4, ge=1)
    steps: int = Field(20, ge=6)
    glow_steps: int = Field(1500, ge=0)
    seeds: tuple[int, ...] = (0, 1)
    seed: int = Field(0, ge=0)
