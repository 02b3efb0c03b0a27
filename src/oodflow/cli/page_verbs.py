"""Verbs that put what was found on pages, and the paper beside it."""

from pathlib import Path

from oodflow.cli.arguments import (
    Parser,
    Verbs,
    add_data_dir,
    add_device,
    add_json,
    add_page,
    add_restated,
    add_verb,
    from_zero,
    path,
)


def add_page_verbs(verbs: "Verbs[Parser]") -> None:
    """Add them, in the order of the help."""
    _report(verbs)
    _pages(verbs)
    _reproduce(verbs)
    _masks(verbs)


def _report(verbs: "Verbs[Parser]") -> None:
    text = "write what there is of runs as one page that stands alone, to look at, send and print"
    parser = add_verb(verbs, "report", "oodflow.cli.report:run", text)
    text = "run directories, whose fullest evaluation counts, folders of evaluations, or a reproduction's .json"
    parser.add_argument("run_dirs", nargs="+", type=path, metavar="RUN", help=text)
    text = "write PATH.html, the same as PATH.md, and its pictures in PATH-pictures (default: RUN/report, FILE-report)"
    parser.add_argument("--write", type=path, metavar="PATH", help=text)
    add_device(parser)
    add_restated(parser)
    add_data_dir(parser)
    add_json(parser)


def _pages(verbs: "Verbs[Parser]") -> None:
    add_page(
        verbs, "observations", "put what explained runs say about the paper's observations side by side",
        "explained run directories, or a page's .json",
    )  # fmt: skip
    add_page(
        verbs, "compare", "put evaluated runs beside the paper's numbers",
        "evaluated run directories, whose fullest evaluation is shown, folders of evaluations, or a page's .json",
    )  # fmt: skip
    curves = add_page(
        verbs, "curves", "see how good runs were after how long",
        "run directories, finished or not, or a page's .json", pictured=True,
    )  # fmt: skip
    text = "what to compare them by (default: time); runs that shared a machine by steps"
    curves.add_argument("--by", choices=("time", "steps"), default="time", help=text)
    add_page(
        verbs, "leaderboard", "see which runs are best after so much time on two cores",
        "evaluated runs, whose newest evaluation without --limit counts, folders of evaluations, or a page's .json",
    )  # fmt: skip
    add_page(
        verbs, "scores", "see how well each score tells data sets apart, over runs",
        "evaluated run directories, whose fullest evaluation counts, folders of evaluations, or a page's .json",
        pictured=True,
    )  # fmt: skip
    negative = add_page(
        verbs, "negative", "see what pushing a set down in training does to it, to third sets and to the training data",
        "evaluated runs, of negative training and of likelihood alone, as for `oodflow scores`",
        pictured=True,
    )  # fmt: skip
    add_data_dir(negative)


def _reproduce(verbs: "Verbs[Parser]") -> None:
    text = "make a table or figure of the paper anew, and say which of its claims hold"
    parser = add_verb(verbs, "reproduce", "oodflow.cli.reproduce:run", text)
    text = "fig2, table1, ...; all of them; or list, which shows them and what they cost here"
    parser.add_argument("name", metavar="NAME", help=text)
    parser.add_argument("--scale", default="cpu", help="smoke (seconds), cpu (default), long or paper (GPU)")
    text = "folder to work in and go on in (default: reproductions/SCALE)"
    parser.add_argument("--out", type=path, metavar="FOLDER", help=text)
    text = "of the trainings (default: 0 1 2); verdicts need two at least"
    parser.add_argument("--seeds", nargs="+", type=from_zero, default=[0, 1, 2], metavar="N", help=text)
    text = "a model of images for fig17 and table2a, as of `oodflow embed`; without it their vectors are left out"
    parser.add_argument("--encoder", metavar="MODEL", help=text)
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--plan", action="store_true", help="print the graph of all pieces of work as JSON, and exit")
    one.add_argument("--page", action="store_true", help="write the page of what there is by now, and do nothing else")
    one.add_argument("--only", metavar="NODE", help="do one piece of work of --plan, with what it needs")
    add_device(parser)
    add_data_dir(parser)
    add_json(parser)


def _masks(verbs: "Verbs[Parser]") -> None:
    parser = add_verb(verbs, "masks", "oodflow.cli.masks:run", "draw what the coupling layers see and change")
    parser.add_argument("--out", type=path, default=Path("masks.png"), help=".png or .svg (default: masks.png)")
