"""Figure 1: a flow of ImageNet, for whoever has it."""

from oodflow.paper.claims import Claim, below
from oodflow.paper.experiment import Experiment, Picture
from oodflow.paper.experiments.baselines import CHANCE, alike
from oodflow.paper.experiments.couplings import as_well
from oodflow.paper.quantities import auroc
from oodflow.paper.study import Study

IMAGENET = Study("imagenet64-realnvp")
FACES, NUMBERS = "celeba?shape=3x64x64", "svhn?shape=3x64x64"

FIGURE_1 = Experiment(
    title="ImageNet, faces and house numbers",
    place="Figure 1",
    about="A RealNVP trained on ImageNet at 64x64 finds its test part as likely as what it was trained on, faces and "
    "house numbers likelier, and its couplings predict a face as well as any picture of their own.",
    evaluated=(IMAGENET,),
    untrained=(IMAGENET,),
    explained=((IMAGENET, FACES),),
    claims=(
        alike(IMAGENET, "RealNVP", "ImageNet", "1, Figure 1"),
        *(
            Claim(
                f"RealNVP trained on ImageNet finds {name} likelier", "1, Figure 1", auroc(IMAGENET, ood), "AUROC, %",
                below(CHANCE), learned_nothing=auroc(IMAGENET.untrained, ood),
            )
            for name, ood in (("CelebA", FACES), ("SVHN", NUMBERS))
        ),
        as_well(IMAGENET, FACES, "1, Figure 1"),
    ),
    pictures=(
        Picture("evaluate-imagenet64-realnvp", "likelihoods", "RealNVP trained on ImageNet."),
        Picture("explain-imagenet64-realnvp-celeba", "couplings", "Its couplings, of its own picture and of a face."),
    ),
)  # fmt: skip
