"""What an evaluation says, in plain words."""

from collections.abc import Mapping, Sequence

from oodflow.evaluation.record import EvaluatedSet, Evaluation
from oodflow.metrics import LEAST

# AUROC below which a flow prefers the other set clearly; up to which a score does not help; from which it tells apart.
FOOLED, CHANCE, CAUGHT = 0.35, 0.55, 0.9
FEW = 100  # images, of which less can be said


def conclusion(evaluation: Evaluation) -> str:
    """Say in a sentence or two which sets the likelihood takes for the training data, and which score does better."""
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
        sentences += _way_out(others, fooled, evaluation.costs)
    elif caught:
        sentences.append(f"The likelihood tells {_list(caught)} from {inside} (AUROC of 90 % or more).")
    between = [name for name in likelihood if name not in fooled and name not in caught]
    if between:
        areas = _list([f"{name} ({100 * likelihood[name]:.0f} %)" for name in between])
        sentences.append(f"Neither clearly mistaken nor clearly caught, by AUROC of the likelihood: {areas}.")
        sentences += [] if fooled else _way_out(others, between, evaluation.costs)
    if too_few:
        names = _list([f"{one.name} ({one.images})" for one in too_few])
        sentences.append(f"There are too few {unit} of {names} to say anything.")
    few = [f"{one.name} ({one.images})" for one in (evaluation.inside, *others) if one.images < FEW]
    if few:
        sentences.append(f"There are few {unit} of {_list(few)}: what is said of them may be chance.")
    return " ".join(sentences)


def _way_out(others: Sequence[EvaluatedSet], missed: list[str], costs: Mapping[str, float]) -> list[str]:
    """Name the score of single images, if one was asked for, whose worst set of the missed is best; and its price."""
    metrics = {one.name: one.scores for one in others}
    areas = metrics[missed[0]]
    rivals = [name for name in areas if name != "likelihood" and areas[name].n_in == areas["likelihood"].n_in]
    worst = {score: min(metrics[name][score].auroc for name in missed) for score in rivals}
    if not worst or max(worst.values()) < CAUGHT:
        return []
    best = max(worst, key=lambda score: worst[score])
    area = f"{100 * worst[best]:.0f} %" + (" or more" if len(missed) > 1 else "")
    lost = [f"{name} ({100 * s[best].auroc:.0f} %)" for name, s in metrics.items() if s[best].auroc < CHANCE]
    limits = f", but not {_list(lost)}" if lost else ""
    return [f"The score {best} catches {_list(missed)} all the same (AUROC {area}){limits}{_price(best, costs)}."]


def _price(score: str, costs: Mapping[str, float]) -> str:
    """Tell how long a score takes beside the likelihood, if that is known."""
    if not {score, "likelihood"} <= costs.keys():
        return ""
    ratio = costs[score] / costs["likelihood"]
    return f"; it takes {ratio:.{0 if ratio >= 10 else 1}f} times as long as the likelihood"


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
