"""The formulas, on numbers small enough to work out by hand, and what there is around them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from oodflow.data import ImageSet
from oodflow.errors import OodflowError, UnknownName, UsageError
from oodflow.flows import save_tensors
from oodflow.scores import (
    SCORES,
    BatchNorm,
    Combined,
    CompressedSize,
    FittedScore,
    InputComplexity,
    LatentLikelihood,
    Likelihood,
    NotFittedError,
    PrincipalComponents,
    Typicality,
    load_score,
    named_score,
)
from oodflow.scores.score import read_fitted
from oodflow.statistics import CompressedBits, LogProb, Observation
from oodflow.testing.observations import example, example_flow


def seen(log_prob, images=None, **settings):
    pixels = np.zeros((len(log_prob), 1, 8, 8), np.uint8) if images is None else images
    return Observation(None, ImageSet.from_array(pixels), known={LogProb(): np.asarray(log_prob, float)}, **settings)


def test_likelihood_is_the_negative_log_likelihood():
    assert Likelihood().score(seen([-3.0, 2.0])).tolist() == [3.0, -2.0]


def test_typicality_is_the_distance_from_the_reference_mean():
    typicality = Typicality().fit(seen([-10.0, -14.0]))
    assert typicality.learned == {"entropy": 12.0}
    assert typicality.score(seen([-9.0, -12.0, -20.0])).tolist() == [3.0, 0.0, 8.0]


def test_typicality_of_groups_is_that_of_their_means():
    log_prob = -np.array([9.0, 12.0, 20.0, 30.0, 44.0])
    fitted = Typicality(group=2).fit(seen([-10.0, -14.0]))
    for seed in range(5):
        dealt = np.random.default_rng(seed).permutation(5)[:4].reshape(2, 2)
        expected = [abs((-log_prob[pair]).mean() - 12) for pair in dealt]
        assert fitted.score(seen(log_prob, seed=seed)).tolist() == pytest.approx(expected)
    with pytest.raises(UsageError, match=r"typicality\?group=6 .*judges groups of 6 images, and array has 5: take"):
        Typicality(group=6).fit(seen([-1.0])).score(seen(log_prob))


def test_groups_tell_apart_what_single_images_do_not():
    rng = np.random.default_rng(0)
    reference, inside = (seen(rng.normal(0, 1, 1000)) for _ in range(2))
    outside = seen(rng.normal(0.5, 1, 1000))

    def area(score):
        fitted = score.fit(reference)
        return (fitted.score(inside)[:, None] < fitted.score(outside)[None]).mean()

    assert area(Typicality()) < 0.6
    assert area(Typicality(group=50)) > 0.95


def test_complexity_is_the_difference_of_two_code_lengths_in_bits():
    pixels = np.random.default_rng(0).integers(0, 256, (1, 3, 8, 8), dtype=np.uint8)
    observed = seen([-100 * np.log(2)], pixels)
    for codec in ("smallest", "png", "webp", "jpeg2000"):
        size = observed[CompressedBits(codec=codec)]
        assert InputComplexity(codec=codec).score(observed) == pytest.approx(100 - size)
        assert CompressedSize(codec=codec).score(observed) == pytest.approx(-size)


def test_not_fitted_says_what_to_do():
    with pytest.raises(NotFittedError, match=r"typicality\?group=2 is not fitted: call fit\(reference\).*held-out"):
        Typicality(group=2).score(seen([0.0, 1.0]))


def test_a_flow_is_not_asked_for_what_needs_none():
    assert CompressedSize().score(Observation(None, example("test").data)).shape == (32,)
    assert CompressedSize().why_not(None, example("test", "vectors").data) == (
        "it is for 8-bit images, which test does not hold"
    )


@pytest.mark.parametrize("name", ["typicality", "typicality?group=10", "complexity?codec=png"])
def test_names(name):
    score = named_score(name)
    assert score.name == name
    assert type(score) is SCORES[name.partition("?")[0]]
    assert named_score("typicality?group=1").name == "typicality"


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("typicalty", UnknownName, "unknown score 'typicalty': did you mean 'typicality'"),
        ("typicality?groups=2", UnknownName, "unknown setting of typicality 'groups': did you mean 'group'"),
        ("typicality?kind=likelihood", UnknownName, "unknown setting of typicality 'kind'"),
        ("likelihood?group=2", UsageError, "the score likelihood has no settings, but .group= came"),
        ("typicality?group", UsageError, "'group' is not of the form key=value"),
        ("typicality?group=0", UsageError, "does not fit group: it should be at least 1 .got 0"),
        ("waic", UsageError, r"^score 'waic' lacks the setting others: write waic\?others=\.\.\. "),
        ("typicality?group=two", UsageError, "does not fit group: it should be a whole number"),
        (
            "complexity?codec=zip",
            UsageError,
            "does not fit codec: it should be 'smallest', 'png', 'webp' or 'jpeg2000'",
        ),
    ],
)
def test_names_that_are_none(name, kind, message):
    with pytest.raises(kind, match=message):
        named_score(name)


def test_a_fitted_score_is_saved_and_loaded(tmp_path):
    fitted = Typicality(group=2).fit(example("reference"))
    for name in ("a.safetensors", "b.safetensors"):
        fitted.save(tmp_path / name)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    loaded = load_score(tmp_path / "a.safetensors")
    assert loaded.settings == Typicality(group=2)
    np.testing.assert_array_equal(loaded.score(example("test")), fitted.score(example("test")))


def test_a_score_that_keeps_what_it_saw_is_saved(tmp_path):
    class Neighbour(Typicality):
        def learn(self, seen):
            return {"reference": seen[LogProb()]}

    fitted = Neighbour().fit(example("reference"))
    fitted.save(tmp_path / "neighbour.safetensors")
    _, learned = read_fitted(tmp_path / "neighbour.safetensors")
    np.testing.assert_array_equal(learned["reference"], example("reference")[LogProb()])


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "does not hold a fitted score: its metadata lacks 'fitted_score'"),
        ({"fitted_score": "{"}, "does not hold a fitted score"),
        ({"fitted_score": '{"schema_version": 2}'}, "schema version 2, this oodflow reads 1"),
        ({"fitted_score": '{"schema_version": 1, "score": {}}'}, "its settings have no kind"),
        ({"fitted_score": '{"schema_version": 1, "score": {"kind": "nothing"}}'}, "unknown score 'nothing'"),
        (
            {"fitted_score": '{"schema_version": 1, "score": {"kind": "typicality", "x": 1}}'},
            "does not fit x: there is no such",
        ),
    ],
)
def test_what_is_no_fitted_score(tmp_path, metadata, message):
    save_tensors(tmp_path / "x.safetensors", {"entropy": torch.zeros(1)}, metadata)
    with pytest.raises(OodflowError, match=message):
        load_score(tmp_path / "x.safetensors")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(OodflowError, match=r"none\.safetensors does not exist"):
        load_score(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (np.zeros(31), r"is float64 \[31\]: expected float64 \[32\]"),
        (3.0, r"is float64 \[\]: expected float64 \[32\]"),
        (np.array([0.0] * 30 + [np.nan] * 2), "holds 2 NaN"),
    ],
)
def test_a_score_that_returns_something_else_is_named(returned, message):
    class Odd(Likelihood):
        def values(self, seen, learned):
            return returned

    with pytest.raises(UsageError, match=f"score 'likelihood' of test {message}"):
        FittedScore(Odd(), {}).score(example("test"))


@pytest.mark.parametrize("kind", [str, Path])
def test_a_fitted_score_is_saved_to_a_path_or_its_text(tmp_path, kind):
    fitted = Typicality(group=2).fit(seen([-10.0, -14.0]))
    file = kind(tmp_path / "fitted.safetensors")
    fitted.save(file)
    loaded = load_score(file)
    assert (loaded.settings, loaded.learned) == (fitted.settings, {"entropy": 12.0})


def test_a_fitted_score_names_itself_and_what_it_has_learned():
    assert repr(Typicality(group=2).fit(seen([-10.0, -14.0]))) == "FittedScore('typicality?group=2', learned: entropy)"
    assert repr(FittedScore(Likelihood(), {})) == "FittedScore('likelihood', learned: nothing)"


@pytest.mark.parametrize("scale", [5, 0, -3])
def test_a_scale_that_the_flow_has_not_got_is_refused_however_it_is_asked_for(scale):
    message = f"the flow has 2 scales, and scale is {scale}: count from 1, or from −1 for the last"
    test = example("test")
    with pytest.raises(UsageError, match=message):
        LatentLikelihood(scale=scale).score(test)
    with pytest.raises(UsageError, match=message):
        Combined(of=f"likelihood+latent-likelihood?scale={scale}").fit(test)
    last, first = (LatentLikelihood(scale=scale).score(test) for scale in (-1, -2))
    assert np.array_equal(last, LatentLikelihood(scale=2).score(test))
    assert np.array_equal(first, LatentLikelihood(scale=1).score(test))


def test_of_few_images_it_is_said_what_is_missing():
    with pytest.raises(UsageError, match="principal components take at least two images to learn from, and one came"):
        PrincipalComponents().fit(Observation(None, np.zeros((1, 1, 8, 8), np.uint8)))
    grey, colour = (example("test", kind).data.limit(2) for kind in ("grey", "colour"))
    assert "this one has none" in BatchNorm().why_not(example_flow("grey"), grey)  # not that a group takes ten
    assert "judges groups of 10 images" in BatchNorm().why_not(example_flow("colour"), colour)


@pytest.mark.parametrize("kind", sorted(SCORES))
def test_a_score_learns_from_as_few_as_it_says(kind):
    fields = SCORES[kind].model_fields
    if any(field.is_required() for field in fields.values()) or not SCORES[kind].learns:
        pytest.skip("it takes settings, or learns nothing")
    score, reference = SCORES[kind](), example("reference", "grey")
    if score.why_not(reference.model, reference.data):
        reference = example("reference", "vectors")
    if reason := score.why_not(reference.model, reference.data):
        pytest.skip(reason)
    few = Observation(reference.model, reference.data.limit(score.least))
    assert np.isfinite(score.fit(few).score(reference)).all()
    if score.least > 1:
        with pytest.raises(UsageError):
            score.fit(Observation(reference.model, reference.data.limit(score.least - 1)))
