"""The page says what the record does."""

import pytest

from oodflow.bench.tabular import TabularRecord, measure, tabular_document
from oodflow.bench.tabular.page import draw_ranks
from oodflow.bench.tabular.standing import Standing
from oodflow.document import as_markdown

from .small import QUICK, asked


@pytest.fixture
def record(tables, tmp_path):
    return measure(asked(tables), tmp_path / "trials.jsonl", command="oodflow tabular", say=lambda line: None)


def made(record, values, chosen_on=()):
    """Let methods have the AUROC given by table, in every seed."""
    trials = [
        one.model_copy(update={"auroc": values[place // 2 % 3][QUICK.index(one.method)]})
        for place, one in enumerate(record.trials)
    ]
    tables = [one.model_copy(update={"chosen_on": place in chosen_on}) for place, one in enumerate(record.tables)]
    return record.model_copy(update={"trials": tuple(trials), "tables": tuple(tables)})


def section(page, title):
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_losses_are_told_as_losses(record):
    page = as_markdown(tabular_document(made(record, [(0.5, 0.9), (0.7, 0.6), (0.8, 0.85)])))
    lost = [row for row in section(page, "Where the flow loses most").splitlines() if ".npz" in row]
    assert [row.split(" | ")[3:] for row in lost] == [
        ["50.0", "90.0", "norm", "40.0 |"],
        ["80.0", "85.0", "norm", "5.0 |"],
    ]
    assert "On 2 of 3 tables another method has a higher AUROC" in page
    assert "> By AUROC the best average rank of 2 methods on 3 tables is **norm, 1.33**" in page
    assert "The flow has 1.67." in page
    assert "| norm | −11.7 [" in section(page, "The flow beside each")
    assert "1, 0, 2" in section(page, "The flow beside each")


def test_the_best_mean_is_in_bold_and_no_other(record):
    page = as_markdown(tabular_document(made(record, [(0.9, 0.5), (0.71, 0.6), (0.85, 0.83)])))
    assert "| **82.0 [" in page
    assert "| 64.3 [" in page


def test_where_nothing_is_lost_nothing_is_listed(record):
    page = as_markdown(tabular_document(made(record, [(0.9, 0.5)] * 3)))
    assert "On 0 of 3 tables another method has a higher AUROC than the flow" in page
    assert "|" not in section(page, "Where the flow loses most")


def test_ranks_are_told_for_tables_that_nothing_was_chosen_on_too(record):
    mixed = made(record, [(0.9, 0.5), (0.5, 0.9), (0.4, 0.9)], chosen_on=(0,))
    assert Standing.of(mixed, "auroc", held_back=True).compared.average.tolist() == [2, 1]
    page = as_markdown(tabular_document(mixed))
    assert "On the 2 tables that nothing was chosen on: norm, 1.00. The flow has 2.00." in page
    told = "settings of the flow were chosen on 1 of these tables, marked \\*. On the other 2 nothing was."
    assert told in page.replace("\n", " ")
    assert "near.npz\\* |" in page
    assert [text.get_text() for text in draw_ranks(mixed).texts][1:] == [
        "AUROC, 3 tables", "AUROC, the 2 tables that nothing was chosen on",
        "AP, 3 tables", "AP, the 2 tables that nothing was chosen on",
    ]  # fmt: skip
    everywhere = made(record, [(0.9, 0.5)] * 3, chosen_on=(0, 1, 2))
    assert len(draw_ranks(everywhere).axes) == 2
    assert as_markdown(tabular_document(everywhere))


def test_what_failed_and_what_was_left_out_is_told(record):
    failed = record.trials[0].model_copy(update={"failed": "ValueError: its own affair"})
    missing = record.methods[0].model_copy(update={"name": "ecod", "missing": "No module named 'pyod'"})
    page = as_markdown(tabular_document(record.model_copy(
        update={"trials": (failed, *record.trials[1:]), "methods": (*record.methods, missing)}
    )))  # fmt: skip
    assert "1 trial failed, and counts as chance" in page
    assert "flow failed on " in page
    assert "- ecod: `distance from the mean`; left out: No module named 'pyod'" in page


def test_a_page_without_the_flow(record):
    names = [one.model_copy(update={"name": one.name.replace("flow", "other")}) for one in record.methods]
    trials = [one.model_copy(update={"method": one.method.replace("flow", "other")}) for one in record.trials]
    page = as_markdown(tabular_document(record.model_copy(update={"methods": tuple(names), "trials": tuple(trials)})))
    assert "The flow beside each" not in page


def test_the_command_measures_and_writes_and_its_page_can_be_read_again(oodflow, tables, tmp_path):
    trials, page = tmp_path / "trials.jsonl", tmp_path / "tabular"
    command = ["tabular", trials, "--tables", *tables, "--methods", *QUICK, "--seeds", "0", "1", "--threads", "2"]
    done = oodflow(*command, "--write", page)
    assert done.code == 0, done.err
    assert done.err.count("AUROC") == 12
    assert done.out.startswith(f"Wrote {page}.md, {page}.json and ")
    record = TabularRecord.read(page.with_suffix(".json"))
    assert page.with_suffix(".md").read_text() == as_markdown(tabular_document(record, "Tabular", "tabular.png"))
    assert oodflow("tabular", f"{page}.json", "--json").out == page.with_suffix(".json").read_text()
    shown = oodflow("tabular", f"{page}.json")
    assert "beside each" in shown.out
    assert oodflow(*command, "--json").err == ""  # all is there


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--tables", "6_cardo"], "unknown table '6_cardo'"),
        (["--methods", "flow"], "the methods are flow: two methods are compared, so name one more"),
        (["--seeds", "-1"], "--seeds"),
        (["--train-rows", "1"], "expected a whole number from 2"),
    ],
)
def test_bad_usage_is_one_sentence(oodflow, tables, tmp_path, arguments, error):
    given = ["--tables", *tables, *arguments] if "--tables" not in arguments else arguments
    done = oodflow("tabular", tmp_path / "trials.jsonl", *given)
    assert done.code == 2
    assert error in done.error
