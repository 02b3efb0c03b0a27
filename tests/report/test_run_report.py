"""The page of a run: its parts say what the evaluation, the data and the flow say."""

import json
import math
import re
import shutil

import numpy as np
import pytest

from oodflow.document import Distributions, Document, Gallery, Section, as_html, plain
from oodflow.document.plain import in_plain_form
from oodflow.flows import load_tensors
from oodflow.metrics import auroc
from oodflow.report.run_report import run_report
from oodflow.report.run_report.distributions import distributions
from oodflow.report.run_report.galleries import EACH
from oodflow.report.run_report.stored import stored
from oodflow.runs import RunDir

from .reading import evaluation_of, items_of, of_kind, paragraphs, part

ENDS = ("Most likely", "Least likely")


def test_it_has_all_parts(report, sets):
    assert [one.title for one in report.document.blocks] == [
        "In short", "Scores", "Distributions and ROC curves", "Likelihoods", "Samples",
        "Which pixels scores come from", "Most and least likely", f"Why: {sets.outside}", "Training",
        "Every score and set", "What this rests on",
    ]  # fmt: skip
    assert "RealNVP" in report.document.title


def test_tables_hold_what_was_evaluated(report, evaluated, sets):
    evaluation, _ = evaluation_of(evaluated)
    found = evaluation.outsides[0].scores
    (likelihood,) = [block for block in part(report.document, "In short").blocks if hasattr(block, "rows")]
    assert [row[0] for row in likelihood.rows] == [sets.inside, sets.outside]
    assert likelihood.rows[1][3].startswith(f"{100 * found['likelihood'].auroc:.1f} [")
    assert likelihood.rows[1][-1] == f"{100 * found['likelihood'].fpr95:.1f}"
    matrix = part(report.document, "Scores").blocks[0]
    areas = {row[0]: plain(row[1]) for row in matrix.rows}
    assert areas == {name: f"{100 * one.auroc:.1f}" for name, one in found.items()}


def test_distributions_count_every_value(report, evaluated, sets):
    (shown,) = of_kind(report.document.blocks, Distributions)
    evaluation, folder = evaluation_of(evaluated)
    names = [one.name for one in shown.scores]
    assert names[0] == "likelihood"
    assert set(names) == set(evaluation.scores)
    values = {}
    for file in (folder / "scores").iterdir():
        tensors, _ = load_tensors(file)
        values[file.name] = tensors
    inside, outside = sorted(values, key=lambda name: "noise" in name)
    for score in shown.scores:
        factor = 1 / (64 * math.log(2)) if score.name == "likelihood" else 1.0
        for sample, of in zip(score.samples, (inside, outside), strict=True):
            own = values[of][score.name].numpy() * factor
            assert sample.size == len(own)
            assert sum(sample.counts) == ((own >= score.edges[0]) & (own <= score.edges[-1])).sum()
            assert abs(sample.quantiles[1] - np.median(own)) <= 1e-5 * abs(np.median(own))
            place = int(np.argmax(sample.counts))
            near = np.histogram(own, bins=np.array(score.edges[place : place + 2]))[0][0]
            assert abs(near - sample.counts[place]) <= 1  # edges are rounded
        curve = score.samples[1].roc
        assert score.samples[0].roc is None
        assert curve.auroc == auroc(values[inside][score.name].numpy(), values[outside][score.name].numpy())
        assert (curve.fpr[0], curve.tpr[0], curve.fpr[-1], curve.tpr[-1]) == (0, 0, 1, 1)
        assert np.trapezoid(curve.tpr, curve.fpr) == pytest.approx(curve.auroc, abs=0.01)
        assert len(curve.fpr) <= 201


def test_explanations_are_taken_over_with_their_figures(report, evaluated, sets):
    section = part(report.document, f"Why: {sets.outside}")
    assert section.blocks[0].title == "What it says about the paper's observations"
    (latent_figure,) = part(section, "Latents").blocks
    (folder,) = (evaluated / "explain").iterdir()
    assert report.pictures[latent_figure.file] == (folder / "latents.png").read_bytes()


def test_what_it_rests_on_is_said(report, evaluated):
    text = " ".join(paragraphs(part(report.document, "What this rests on").blocks))
    evaluation, _ = evaluation_of(evaluated)
    rests = str(part(report.document, "What this rests on"))
    assert "seed 0" in text
    for said in (evaluation.inside.fingerprint, evaluation.provenance.torch, "oodflow train", "oodflow evaluate"):
        assert said in rests, said


def test_a_run_that_was_not_evaluated_says_so(run):
    document = run_report([run]).document
    assert f"It has not been evaluated: oodflow evaluate {run} does that." in paragraphs(document.blocks)
    assert [one.title for one in document.blocks if isinstance(one, Section)] == ["Training"]


def test_a_run_that_was_stopped_says_how_far_it_came(run):
    record = RunDir(run).record()
    training = record.config.training.model_copy(update={"steps": record.training.steps + 1000})
    config = record.config.model_copy(update={"training": training})
    record.model_copy(update={"config": config}).write(RunDir(run).record_file)
    (said, *_) = paragraphs(run_report([run]).document.blocks)
    assert f"trained for {record.training.steps} steps of {record.training.steps + 1000:,} in" in said


def test_a_run_that_was_not_trained_says_so(trained, tmp_path):
    RunDir(tmp_path / "new").write_config(RunDir(trained).written_config())
    document = run_report([tmp_path / "new"]).document
    assert paragraphs(document.blocks) == [
        f"It has not been trained: oodflow train --resume {tmp_path / 'new'} does that."
    ]


def test_several_runs_have_a_section_each(evaluated, run):
    report = run_report([evaluated, run, evaluated])
    first, second, third = (one.title for one in report.document.blocks[1:])
    assert report.document.blocks[0].title == "Beside each other"
    named = [f"{first.partition(' (')[0]} ({folder.name})" for folder in (evaluated, run, evaluated)]
    assert [first, second, third] == named
    why = next(one for one in report.document.blocks[1].blocks if one.title.startswith("Why"))
    assert re.fullmatch(r"Its figures stand in explain/[^/]+/explain\.md\.", paragraphs(why.blocks)[0])
    assert "Latents" not in [one.title for one in why.blocks if isinstance(one, Section)]
    assert {file.partition("-set-")[0] for file in report.pictures if "-set-" in file} == {"run-1", "run-3"}


def test_two_runs_have_the_figures_of_their_explanations(evaluated, run):
    report = run_report([evaluated, run])
    why = next(one for one in report.document.blocks[0].blocks if one.title.startswith("Why"))
    assert "Latents" in [one.title for one in why.blocks]
    assert {"run-1-explain-1-latents.png", "run-1-likelihoods.png", "run-2-training.png"} <= set(report.pictures)


def test_rows_have_tables_in_place_of_pictures(tmp_path, oodflow):
    rng = np.random.default_rng(0)
    for name in ("inside", "outside"):
        rows = rng.normal(size=(200, 3)) + 4 * (name == "outside")
        lines = "\n".join(",".join(map(str, row)) for row in rows)
        (tmp_path / f"{name}.csv").write_text(f"height,width,mass\n{lines}\n")
    inside, outside = (f"csv:{tmp_path / name}.csv" for name in ("inside", "outside"))
    run = tmp_path / "rows"
    assert oodflow("train", "tabular-realnvp", f"data={inside}", "--scale", "smoke", "--out", run).code == 0
    assert oodflow("evaluate", run, "--ood", outside).code == 0
    report = run_report([run])
    (most,), (least,) = (part(report.document, "Most and least likely", outside, end).blocks for end in ENDS)
    assert most.header == least.header == ("row", "log p, nats", "height", "width", "mass")
    (folder,) = run.glob("evaluations/*")
    ranked = sorted(items_of(folder, outside), key=lambda line: float(line["likelihood"]))
    stored_rows = np.loadtxt(tmp_path / "outside.csv", delimiter=",", skiprows=1)
    for table, lines in ((most, ranked), (least, ranked[::-1])):
        assert [row[0] for row in table.rows] == [line["item"] for line in lines[:EACH]]
        for row, line in zip(table.rows, lines, strict=False):
            log_prob, *numbers = (float(cell.replace("−", "-").replace(",", "")) for cell in row[1:])
            assert log_prob == pytest.approx(-float(line["likelihood"]), rel=1e-3)
            assert numbers == pytest.approx(stored_rows[int(line["item"])].tolist(), rel=1e-3)
    assert set(report.pictures) == {"training.png", "likelihoods.png"}
    (shown,) = of_kind(report.document.blocks, Distributions)
    assert shown.scores[0].axis == "−log p, nats"


def test_values_that_are_not_finite_are_counted_and_drawn_nowhere(evaluated):
    evaluation, _ = evaluation_of(evaluated)
    found = stored(RunDir.open(evaluated), evaluation)
    of = evaluation.outsides[0].name
    found.values[of]["complexity"] = np.append(found.values[of]["complexity"][1:], np.inf)
    shown = next(one for one in distributions(found).scores if one.name == "complexity")
    assert np.isfinite(shown.edges).all()
    assert shown.samples[1].above >= 1
    assert shown.samples[1].size == evaluation.outsides[0].images
    page = as_html(Document("", (Distributions("", (shown,)),)), lambda file: b"")
    assert "Infinity" not in page


def test_the_command_writes_a_page_and_its_twin(copy, oodflow):
    result = oodflow("report", copy)
    assert result.code == 0
    page, twin, pictures = (copy / name for name in ("report.html", "report.md", "report-pictures"))
    assert result.out == f"Wrote {page} and {twin} with pictures in {pictures}\n"
    page, twin = ((copy / f"report.{ending}").read_text(encoding="utf-8") for ending in ("html", "md"))
    assert 50_000 < len(page) < 10_000_000
    shown = set(re.findall(r"\]\(report-pictures/([^)]+)\)", twin))
    assert shown == {file.name for file in (copy / "report-pictures").iterdir()}
    assert "set-0-0-image.png" in shown
    assert not any("coupling-1" in file for file in shown)  # but on the page
    assert twin.startswith("# RealNVP")
    assert 'src="data:image/png;base64,' in page


def test_the_command_tells_what_it_wrote_as_json(copy, tmp_path, oodflow):
    result = oodflow("report", copy, "--json", "--write", tmp_path / "there" / "mine.html")
    written = json.loads(result.out)
    assert written["html"] == str(tmp_path / "there" / "mine.html")
    assert written["markdown"] == str(tmp_path / "there" / "mine.md")
    files = [written["html"], written["markdown"], *written["pictures"]]
    assert sorted(files) == sorted(str(file) for file in (tmp_path / "there").rglob("*") if file.is_file())


def test_all_files_appear_or_none(copy, oodflow):
    (copy / "report.md").mkdir()
    assert "report.md: it is a folder; choose another name." in oodflow("report", copy).error
    assert not (copy / "report.html").exists()
    assert not (copy / "report-pictures").exists()


def test_what_is_no_run_is_refused(tmp_path, oodflow):
    result = oodflow("report", tmp_path)
    assert result.code == 2
    assert "is not a run" in result.error


def test_the_folder_of_an_evaluation_chooses_it(copy, oodflow):
    assert oodflow("evaluate", copy, "--limit", 9).code == 0
    (small,) = copy.glob("evaluations/*limit-9*")
    (shown,) = of_kind(run_report([small]).document.blocks, Distributions)
    assert [sample.size for sample in shown.scores[0].samples] == [9, 9]
    (shown,) = of_kind(run_report([copy]).document.blocks, Distributions)
    assert shown.scores[0].samples[0].size > 9
    assert oodflow("report", small).out.startswith(f"Wrote {copy / 'report.html'} and ")


def test_an_evaluation_without_its_values_has_no_distributions(copy):
    (folder,) = copy.glob("evaluations/*")
    shutil.rmtree(folder / "scores")
    document = run_report([copy]).document
    (said,) = paragraphs(part(document, "Distributions and ROC curves").blocks)
    assert said.startswith("There are none here: ")
    assert "Most and least likely" not in [one.title for one in document.blocks]
    assert part(document, "Every score and set").blocks


def test_the_same_run_makes_the_same_page(evaluated, report, rendered):
    again = run_report([evaluated])
    assert again.document == report.document
    assert again.pictures == report.pictures


def test_its_twin_holds_no_part_that_is_chosen_from(report):
    assert isinstance(in_plain_form(report.document), Document)
    assert not list(of_kind(in_plain_form(report.document).blocks, Distributions | Gallery))
