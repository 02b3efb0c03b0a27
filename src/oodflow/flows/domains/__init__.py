"""What a flow can be a distribution over, by name."""

from typing import Annotated

from pydantic import SerializeAsAny

from oodflow.flows.domains.domain import Domain, DomainConfig
from oodflow.flows.domains.images import Images, ImagesConfig
from oodflow.flows.domains.reals import Reals, RealsConfig
from oodflow.flows.domains.standardised import Standardised, StandardisedConfig
from oodflow.flows.domains.whitened import Whitened, WhitenedConfig
from oodflow.registry import ChosenFrom, Registry

DOMAINS: Registry[type[DomainConfig]] = Registry(
    "domain",
    "oodflow.domains",
    {"images": ImagesConfig, "reals": RealsConfig, "standardised": StandardisedConfig, "whitened": WhitenedConfig},
)

AnyDomainConfig = Annotated[SerializeAsAny[DomainConfig], ChosenFrom(DOMAINS)]
"""Settings of any registered domain."""

__all__ = [
    "DOMAINS", "AnyDomainConfig", "Domain", "DomainConfig", "Images", "ImagesConfig", "Reals", "RealsConfig",
    "Standardised", "StandardisedConfig", "Whitened", "WhitenedConfig",
]  # fmt: skip
