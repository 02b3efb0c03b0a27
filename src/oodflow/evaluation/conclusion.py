"""What an evaluation says, in plain words."""

from collections.abc import Sequence

from oodflow.evaluation.record import EvaluatedSet, Evaluation

# AUROC below which a flow prefers the other set clearly; up to which a score does not help; from which it tells apart.
FOOLED, CHANCE, CAUGHT = 0.35, 0.55, 0.9
FEW = 100  # images, of which less can be said


def conclusion(evaluation: Evaluation) -> str:
    """Say in a sentence or two which sets the likelihood takes for the training data, and which score does better."""
    inside, others = evaluation.inside.name, evaluation.outsides
    likelihood = {one.name: one.scores["likelihood"].auroc for one in others if "likelihood" in one.scores}
    if not likelihood:
        return ""
    fooled = sorted((name for name, area in likelihood.items() if area < FOOLED), key=lambda name: likelihood[name])
    caught = [name for name, area in likelihood.items() if area >= CAUGHT]
    sentences = []
    if fooled:
        worst = fooled[0]
        sentences.append(
            f"A flow trained on {inside} finds {_list(fooled)} more likely than {inside} that it has "
            f"not seen: a random image of {worst} beats one of them in {100 * (1 - likelihood[worst]):.0f} of 100 draws"
            + (f", while {_list(caught)} {'is' if len(caught) == 1 else 'are'} caught." if caught else ".")
        )
        sentences += _way_out(others, fooled)
    elif caught:
        sentences.append(f"The likelihood tells {_list(caught)} from {inside} (AUROC of 90 % or more).")
    between = [name for name in likelihood if name not in fooled and name not in caught]
    if between:
        areas = _list([f"{name} ({100 * likelihood[name]:.0f} %)" for name in between])
        sentences.append(f"Neither clearly mistaken nor clearly caught, by AUROC of the likelihood: {areas}.")
    few = [f"{one.name} ({one.images})" for one in evaluation.sets if one.images < FEW]
    if few:
        sentences.append(f"There are few images of {_list(few)}: what is said of them may be chance.")
    return " ".join(sentences)


def _way_out(others: Sequence[EvaluatedSet], fooled: list[str]) -> list[str]:
    """Name the score of single images, if one was asked for, whose worst set among those that fool it is best."""
    metrics = {one.name: one.scores for one in others}
    areas = metrics[fooled[0]]
    rivals = [name for name in areas if name != "likelihood" and areas[name].n_in == areas["likelihood"].n_in]
    worst = {score: min(metrics[name][score].auroc for name in fooled) for score in rivals}
    if not worst or max(worst.values()) < CAUGHT:
        return []
    best = max(worst, key=lambda score: worst[score])
    area = f"{100 * worst[best]:.0f} %" + (" or more" if len(fooled) > 1 else "")
    missed = [f"{name} ({100 * s[best].auroc:.0f} %)" for name, s in metrics.items() if s[best].auroc < CHANCE]
    limits = f", but not {_list(missed)}" if missed else ""
    return [f"The score {best} catches {_list(fooled)} all the same (AUROC {area}){limits}."]


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
