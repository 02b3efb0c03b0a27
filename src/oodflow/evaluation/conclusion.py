"""What an evaluation says, in plain words."""

from typing import Any

# AUROC below which a flow prefers the other set clearly; up to which a score does not help; from which it tells apart.
FOOLED, CHANCE, CAUGHT = 0.35, 0.55, 0.9


def conclusion(evaluation: dict[str, Any]) -> str:
    """Say in a sentence or two which sets the likelihood takes for the training data, and which score does better.

    Args:
        evaluation: the section that :func:`oodflow.evaluation.evaluate.evaluate` returns.
    """
    inside, *others = evaluation["sets"]
    likelihood = {s["name"]: s["scores"]["likelihood"]["AUROC"] for s in others if "likelihood" in s["scores"]}
    if not likelihood:
        return ""
    fooled = sorted((name for name, area in likelihood.items() if area < FOOLED), key=lambda name: likelihood[name])
    caught = [name for name, area in likelihood.items() if area >= CAUGHT]
    sentences = []
    if fooled:
        worst = fooled[0]
        sentences.append(
            f"A flow trained on {inside['name']} finds {_list(fooled)} more likely than {inside['name']} that it has "
            f"not seen: a random image of {worst} beats one of them in {100 * (1 - likelihood[worst]):.0f} of 100 draws"
            + (f", while {_list(caught)} {'is' if len(caught) == 1 else 'are'} caught." if caught else ".")
        )
        sentences += _way_out(others, fooled)
    elif caught:
        sentences.append(f"The likelihood tells {_list(caught)} from {inside['name']} (AUROC of 90 % or more).")
    between = [name for name in likelihood if name not in fooled and name not in caught]
    if between:
        areas = _list([f"{name} ({100 * likelihood[name]:.0f} %)" for name in between])
        sentences.append(f"Neither clearly mistaken nor clearly caught, by AUROC of the likelihood: {areas}.")
    return " ".join(sentences)


def _way_out(others: list[dict[str, Any]], fooled: list[str]) -> list[str]:
    """Name the score, if one was asked for, whose worst set among those that fool the likelihood is best."""
    metrics = {s["name"]: s["scores"] for s in others}
    rivals = [score for score in metrics[fooled[0]] if score != "likelihood"]
    worst = {score: min(metrics[name][score]["AUROC"] for name in fooled) for score in rivals}
    if not worst or max(worst.values()) < CAUGHT:
        return []
    best = max(worst, key=lambda score: worst[score])
    area = f"{100 * worst[best]:.0f} %" + (" or more" if len(fooled) > 1 else "")
    missed = [f"{name} ({100 * s[best]['AUROC']:.0f} %)" for name, s in metrics.items() if s[best]["AUROC"] < CHANCE]
    limits = f", but is no better than chance on {_list(missed)}" if missed else ""
    return [f"The score {best} catches {_list(fooled)} all the same (AUROC {area}){limits}."]


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
