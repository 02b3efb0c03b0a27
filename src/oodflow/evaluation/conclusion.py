"""What an evaluation says, in plain words."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from oodflow.document.numbers import number
from oodflow.errors import OodflowError
from oodflow.evaluation.record import EvaluatedSet, Evaluation
from oodflow.metrics import LEAST
from oodflow.scores import SCORES

# AUROC below which a flow prefers the other set clearly; up to which a score does not help; from which it tells apart.
FOOLED, CHANCE, CAUGHT = 0.35, 0.55, 0.9
FEW = 100  # images, of which less can be said

Areas = Mapping[str, Mapping[str, float]]
"""By set, by score: AUROC."""


def conclusion(evaluation: Evaluation) -> str:
    """Say in a few sentences which sets the likelihood takes for the training data, and what tells them at which price.

    Of each set that the likelihood does not tell the best score of single images is named, which may be the likelihood.
    """
    inside, unit, others = evaluation.inside.name, evaluation.inside.unit, evaluation.outsides
    if not any("likelihood" in one.scores for one in others):
        return ""
    too_few = [one for one in evaluation.sets if one.images < LEAST]
    if evaluation.inside in too_few:
        return f"There are too few {unit} of {inside} ({evaluation.inside.images}) to say anything."
    others = tuple(one for one in others if one not in too_few)
    likelihood = {one.name: one.scores["likelihood"].auroc for one in others}
    fooled = sorted((name for name, area in likelihood.items() if area < FOOLED), key=lambda name: likelihood[name])
    caught = [name for name, area in likelihood.items() if area >= CAUGHT]
    sentences = []
    if fooled:
        worst = fooled[0]
        sentences.append(
            f"A flow trained on {inside} finds {_list(fooled)} more likely than {inside} that it has not seen: a "
            f"random {unit[:-1]} of {worst} beats one of them in {100 * (1 - likelihood[worst]):.0f} of 100 draws"
            + (f", while {_list(caught)} {'is' if len(caught) == 1 else 'are'} caught." if caught else ".")
        )
    elif caught:
        sentences.append(f"The likelihood tells {_list(caught)} from {inside} (AUROC of 90 % or more).")
    between = [name for name in likelihood if name not in fooled and name not in caught]
    if between:
        areas = _list([f"{name} ({_percent(likelihood[name])})" for name in between])
        sentences.append(f"Neither clearly mistaken nor clearly caught, by AUROC of the likelihood: {areas}.")
    sentences += _ways_out(_areas(others), [*fooled, *between], evaluation.costs, unit)
    if too_few:
        names = _list([f"{one.name} ({one.images})" for one in too_few])
        sentences.append(f"There are too few {unit} of {names} to say anything.")
    few = [f"{one.name} ({one.images})" for one in (evaluation.inside, *others) if one.images < FEW]
    if few:
        sentences.append(f"There are few {unit} of {_list(few)}: what is said of them may be chance.")
    return " ".join(sentences)


def _ways_out(areas: Areas, missed: list[str], costs: Mapping[str, float], unit: str) -> list[str]:
    """Name of each missed set the best score of single images and its price, if another than the likelihood was asked.

    Where sets have different ones, and one score catches all that are caught, that is named as well.
    """
    best = {name: max(areas[name], key=areas[name].__getitem__) for name in missed}
    asked = {score for name in missed for score in areas[name]} - {"likelihood"}
    if not asked:
        return []
    caught = [name for name in missed if areas[name][best[name]] >= CAUGHT]
    sentences = [
        _catches(f"The score {score}", [name for name in caught if best[name] == score], score, areas, costs)
        for score in dict.fromkeys(best[name] for name in caught)
    ]
    worst = {score: min(areas[name][score] for name in caught) for score in asked} if caught else {}
    if len(sentences) > 1 and max(worst.values()) >= CAUGHT:
        score = max(worst, key=worst.__getitem__)
        sentences.append(_catches(f"The score {score} alone", caught, score, areas, costs))
    if untold := [name for name in missed if name not in caught]:
        bests = [f"{name} (best: {best[name]}, {_percent(areas[name][best[name]])}" for name in untold]
        prices = [_price(best[name], costs) for name in untold]
        told = _list([f"{one}{price and f', which takes {price}'})" for one, price in zip(bests, prices, strict=True)])
        sentences.append(f"Nothing that was asked tells {told}.")
    if len(asked) > 1:
        sentences.append(
            f"What is named is the best of {len(asked) + 1} scores on these very {unit}: on others another may be."
        )
    return sentences


def _areas(others: Sequence[EvaluatedSet]) -> Areas:
    """Collect the AUROC of the detectors of single images, as the likelihood is."""
    return {
        one.name: {
            name: found.auroc
            for name, found in one.scores.items()
            if found.n_in == one.scores["likelihood"].n_in and _detects(name)
        }
        for one in others
    }


def _detects(name: str) -> bool:
    """Tell whether a score is meant to; of one that is not registered here it is taken as said."""
    with suppress(OodflowError):
        return SCORES[name.partition("?")[0]].detects
    return True


def _catches(who: str, sets: list[str], score: str, areas: Areas, costs: Mapping[str, float]) -> str:
    """Say what a score catches, which sets it is no better than chance on, and how long it takes."""
    least = _percent(min(areas[name][score] for name in sets)) + (" or more" if len(sets) > 1 else "")
    lost = [f"{name} ({_percent(of[score])})" for name, of in areas.items() if of[score] < CHANCE]
    limits = f", but not {_list(lost)}" if lost else ""
    price = _price(score, costs)
    return f"{who} catches {_list(sets)} (AUROC {least}){limits}{price and f'; it takes {price}'}."


def _price(score: str, costs: Mapping[str, float]) -> str:
    """Tell how long a score takes beside the likelihood, if that is known; nothing of the likelihood itself."""
    if score == "likelihood" or not {score, "likelihood"} <= costs.keys():
        return ""
    ratio = costs[score] / costs["likelihood"]
    times = f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}" if ratio >= 0.1 else f"{ratio:.1g}"
    return f"{times} times as long as the likelihood"


def _percent(share: float) -> str:
    return f"{number(100 * share, 1)} %"


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
