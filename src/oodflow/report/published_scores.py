"""AUROCs of scores that others published, to stand beside ours. Never an input to anything.

They were measured with other models, sizes, training and protocols: how far those of one score and pair are from each
other is what they tell best.
"""

from typing import NamedTuple


class Published(NamedTuple):
    """A number of others.

    Attributes:
        score: our name of it, without settings that make no other score of it.
        inside: trained on.
        outside: asked about.
        auroc: in per cent, as published: one number, or a range.
        model: what it was a score of.
        source: who published it, and where.
        embedded: whether it was of what an outside model has made of images.
    """

    score: str
    inside: str
    outside: str
    auroc: str
    model: str
    source: str
    embedded: bool = False


_MNIST, _SVHN, _CELEBA = ("fashion_mnist", "mnist"), ("cifar10", "svhn"), ("cifar10", "celeba")

_SERRA = "Serrà et al. 2020, arXiv:1909.11480"
_SERRA_TABLE = f"{_SERRA}, table 2"
_REN = f"Ren et al. 2019, arXiv:1906.02845; {_SERRA_TABLE}"
_CHOI = "Choi, Jang, Alemi 2018, arXiv:1810.01392"
_MORNINGSTAR = "Morningstar et al. 2021, arXiv:2006.09273"
_SCHIRRMEISTER = "code to Schirrmeister et al. 2020, arXiv:2006.10848"
_JIANG = "Jiang et al. 2022, table 1"
_JIANG_TABLE = "Jiang et al. 2022, table 2"
_ZHANG = "Zhang et al. 2022, by Jiang et al. 2022"
_KAMKARI = "Kamkari et al. 2024, arXiv:2403.18910, best pair of thresholds by the labels"
_BOMATTER = "Bomatter et al. 2026"
_PATH = "re-run in a table of 2024 (LPath), best of several"
_BERGAMIN = f"Bergamin et al. 2022, {_PATH}"
_TABLE_2 = "Kirichenko et al. 2020, arXiv:2006.08545, table 2a"
_FEATURES = "RealNVP, EfficientNet"
_EIGEN = "re-run in a table of 2025 (EigenScore)"

PUBLISHED_SCORES: tuple[Published, ...] = (
    Published("typicality", *_MNIST, "14.0", "Glow", _SERRA_TABLE),
    Published("typicality", *_SVHN, "42.0", "Glow", _SERRA_TABLE),
    Published("typicality", *_SVHN, "87.0", "Glow", _MORNINGSTAR),
    Published("typicality", *_SVHN, "71.4", "diffusion", _EIGEN),
    Published("typicality", *_CELEBA, "46.9", "diffusion", _EIGEN),
    Published("typicality?group=5", *_MNIST, "85", "RealNVP", _JIANG),
    Published("typicality?group=5", *_SVHN, "90", "RealNVP", _JIANG),
    Published("typicality?group=5", *_CELEBA, "65", "RealNVP", _JIANG),
    Published("complexity", *_MNIST, "99.8", "Glow, FLIF", _SERRA),
    Published("complexity", *_SVHN, "95.0", "Glow, FLIF", _SERRA),
    Published("complexity", *_SVHN, "78.4", "another Glow, PNG", _SCHIRRMEISTER),
    Published("complexity", *_SVHN, "54.0", "diffusion", _EIGEN),
    Published("complexity", *_CELEBA, "58.3", "diffusion", _EIGEN),
    Published("compressed-size", *_SVHN, "92.1", "no flow, PNG", _SCHIRRMEISTER),
    Published("likelihood-ratio", *_MNIST, "99.4 to 99.7", "PixelCNN++", _REN),
    Published("likelihood-ratio", *_SVHN, "91.2 to 93.1", "PixelCNN++", _REN),
    Published("waic", *_MNIST, "76.6", "five Glows", _CHOI),
    Published("waic", *_SVHN, "100.0", "five Glows", _CHOI),
    Published("waic", *_SVHN, "14.3", "five Glows", _MORNINGSTAR),
    Published("waic", *_CELEBA, "99.7", "five Glows", _CHOI),
    Published("density-of-scores", *_MNIST, "100", "VAE or Glow", _PATH),
    Published("density-of-scores", *_SVHN, "97", "VAE or Glow", _PATH),
    Published("density-of-scores", *_SVHN, "75.2", "diffusion", _EIGEN),
    Published("density-of-scores", *_CELEBA, "45.6", "diffusion", _EIGEN),
    Published("score-statistic", *_MNIST, "96", "with typicality", _BERGAMIN),
    Published("score-statistic", *_SVHN, "87", "with typicality", _BERGAMIN),
    Published("latent-normality", *_SVHN, "94.6", "continuous flow", _BOMATTER),
    Published("latent-normality", *_CELEBA, "67.1", "continuous flow", _BOMATTER),
    Published("latent-covariance?group=5", *_MNIST, "96", "RealNVP", _ZHANG),
    Published("latent-covariance?group=5", *_SVHN, "29", "RealNVP", _ZHANG),
    Published("latent-covariance?group=5", *_CELEBA, "93", "RealNVP", _ZHANG),
    Published("latent-covariance", *_MNIST, "97", "RealNVP", _ZHANG),
    Published("latent-covariance", *_SVHN, "34", "RealNVP", _ZHANG),
    Published("latent-covariance", *_CELEBA, "99", "RealNVP", _ZHANG),
    Published("projections", *_MNIST, "100 and 100", "RealNVP and Glow", _JIANG_TABLE),
    Published("projections", *_SVHN, "97 and 99", "RealNVP and Glow", _JIANG_TABLE),
    Published("projections", *_CELEBA, "93 and 99", "RealNVP and Glow", _JIANG_TABLE),
    Published("projections?of=pixels", *_MNIST, "100", "no flow", _JIANG_TABLE),
    Published("projections?of=pixels", *_SVHN, "90", "no flow", _JIANG_TABLE),
    Published("projections?of=pixels", *_CELEBA, "96", "no flow", _JIANG_TABLE),
    Published("local-dimension", *_MNIST, "84.6", "diffusion", _KAMKARI),
    Published("local-dimension", *_SVHN, "94.3", "diffusion", _KAMKARI),
    Published("local-dimension", *_CELEBA, "64.8", "diffusion", _KAMKARI),
    Published("likelihood", *_SVHN, "73.31", _FEATURES, _TABLE_2, embedded=True),
    Published("likelihood", *_CELEBA, "99.99", _FEATURES, _TABLE_2, embedded=True),
    Published("likelihood", "svhn", "cifar10", "99.98", _FEATURES, _TABLE_2, embedded=True),
    Published("likelihood", "svhn", "celeba", "100.0", _FEATURES, _TABLE_2, embedded=True),
    Published("likelihood", "celeba", "cifar10", "99.99", _FEATURES, _TABLE_2, embedded=True),
    Published("likelihood", "celeba", "svhn", "99.99", _FEATURES, _TABLE_2, embedded=True),
)  # fmt: skip


def published_scores(score: str, inside: str, outside: str, *, embedded: bool = False) -> list[Published]:
    """Look up what others found for a score of a pair; of images, or of what an outside model has made of them.

    Example:
        >>> [(one.auroc, one.model) for one in published_scores("complexity", "cifar10", "svhn")][:2]
        [('95.0', 'Glow, FLIF'), ('78.4', 'another Glow, PNG')]
    """
    asked = (score, inside, outside, embedded)
    return [one for one in PUBLISHED_SCORES if (one.score, one.inside, one.outside, one.embedded) == asked]
