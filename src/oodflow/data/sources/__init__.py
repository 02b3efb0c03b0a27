"""The registered data sets: one file and one line here each."""

from oodflow.data.source import AnySource
from oodflow.data.sources.celeba import CelebA
from oodflow.data.sources.cifar import CIFAR10, CIFAR100
from oodflow.data.sources.digits import Digits, FramedDigits
from oodflow.data.sources.emnist import EMNIST
from oodflow.data.sources.fashion_mnist import FASHION_MNIST
from oodflow.data.sources.flat import Flat
from oodflow.data.sources.hepmass import HEPMASS, HEPMASS_MAF
from oodflow.data.sources.imagenet import IMAGENET32, IMAGENET64
from oodflow.data.sources.kmnist import KMNIST
from oodflow.data.sources.miniboone import MiniBooNE
from oodflow.data.sources.mnist import MNIST
from oodflow.data.sources.noise import Noise
from oodflow.data.sources.notmnist import NOTMNIST
from oodflow.data.sources.omniglot import Omniglot
from oodflow.data.sources.photographs import Photographs
from oodflow.data.sources.sklearn_tables import BREAST_CANCER, WINE
from oodflow.data.sources.smooth import Smooth
from oodflow.data.sources.svhn import Svhn
from oodflow.registry import Registry

SOURCES: Registry[AnySource] = Registry(
    "data set",
    "oodflow.sources",
    {
        "mnist": MNIST,
        "fashion_mnist": FASHION_MNIST,
        "notmnist": NOTMNIST,
        "kmnist": KMNIST,
        **EMNIST,
        "omniglot": Omniglot(),
        "cifar10": CIFAR10,
        "cifar100": CIFAR100,
        "svhn": Svhn(),
        "celeba": CelebA(),
        "imagenet64": IMAGENET64,
        "imagenet32": IMAGENET32,
        "photographs": Photographs(),
        "digits": Digits(),
        "framed_digits": FramedDigits(),
        "flat": Flat(),
        "smooth": Smooth(),
        "noise": Noise(),
        "miniboone": MiniBooNE(),
        "hepmass": HEPMASS,
        "hepmass_maf": HEPMASS_MAF,
        "breast_cancer": BREAST_CANCER,
        "wine": WINE,
    },
)
