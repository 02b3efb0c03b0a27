"""Verbs that measure how fast, good and reliable the program itself is."""

from oodflow.cli.arguments import (
    Parser,
    Verbs,
    add_data_dir,
    add_json,
    add_verb,
    at_least_two,
    from_zero,
    path,
    positive,
)


def add_bench_verbs(verbs: "Verbs[Parser]") -> None:
    """Add them, in the order of the help."""
    _bench(verbs)
    _tabular(verbs)
    _reliability(verbs)


def _bench(verbs: "Verbs[Parser]") -> None:
    text = "measure speed and memory here, beside the machine's limit and other libraries"
    parser = add_verb(verbs, "bench", "oodflow.cli.bench:run", text)
    parser.add_argument(
        "--recipes", nargs="+", default=[], metavar="RECIPE", help="what to train and score with (default: README's 4)"
    )
    parser.add_argument(
        "--scale", dest="scales", nargs="+", default=[], choices=["smoke", "cpu", "long", "paper"],
        help="default: cpu (two minutes on two idle cores) and paper (over ten); smoke: seconds, shows nothing",
    )  # fmt: skip
    parser.add_argument("--rounds", type=positive, default=3, metavar="N", help="how often all take their turn")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="leave other libraries away")
    parser.add_argument("--write", type=path, metavar="PATH", help="write PATH.md and PATH.json instead of printing")
    parser.add_argument(
        "--device", default="cpu", choices=["cpu", "cuda"], help="cuda: training alone, in float32 and bfloat16"
    )
    text = "instead: what N processes with a thread each make of this machine, beside one process with N threads"
    parser.add_argument("--processes", type=at_least_two, metavar="N", help=text)
    guard = parser.add_mutually_exclusive_group()
    guard.add_argument("--against", type=path, metavar="FILE", help="fail if a share of the limit fell below FILE's")
    guard.add_argument("--store", type=path, metavar="FILE", help="store the shares of the limit in FILE")
    add_json(parser)


def _tabular(verbs: "Verbs[Parser]") -> None:
    text = "measure FlowDetector on tables of anomalies, beside the detectors of scikit-learn and PyOD"
    parser = add_verb(verbs, "tabular", "oodflow.cli.tabular:run", text)
    text = "a file of JSON lines, to which trials are added: what is there is not measured again. Or a page's .json"
    parser.add_argument("trials", type=path, metavar="TRIALS", help=text)
    text = (
        "classical sets of ADBench, as 6_cardio; breast_cancer, wine, digits; or .npz files with X and y (default: all)"
    )
    parser.add_argument("--tables", nargs="+", default=[], metavar="TABLE", help=text)
    text = "flow, isolation-forest, local-outlier-factor, ... (default: all that are installed)"
    parser.add_argument("--methods", nargs="+", default=[], metavar="METHOD", help=text)
    text = "each deals every table anew (default: 0 1 2 3 4)"
    parser.add_argument("--seeds", nargs="+", type=from_zero, default=[0, 1, 2, 3, 4], metavar="N", help=text)
    text = "fit to at most N rows (default: 10,000)"
    parser.add_argument("--train-rows", type=at_least_two, default=10_000, metavar="N", help=text)
    text = "tell apart at most N rows of each class (default: 10,000)"
    parser.add_argument("--test-rows", type=positive, default=10_000, metavar="N", help=text)
    parser.add_argument("--threads", type=positive, default=1, metavar="N", help="of the processor (default: 1)")
    parser.add_argument("--write", type=path, metavar="PATH", help="write PATH.md, PATH.json and PATH.png instead")
    add_data_dir(parser)
    add_json(parser)


def _reliability(verbs: "Verbs[Parser]") -> None:
    text = "kill, stop, starve and damage trainings many times, and count what is lost"
    parser = add_verb(verbs, "reliability", "oodflow.cli.reliability:run", text)
    text = "a page's .json, to show or write again; without it everything is tried, in a quarter of an hour"
    parser.add_argument("page", nargs="?", type=path, metavar="PAGE", help=text)
    text = "kill processes that train N times (default: 50)"
    parser.add_argument("--kills", type=positive, default=50, metavar="N", help=text)
    parser.add_argument("--times", type=positive, default=4, metavar="N", help="try all else N times each (default: 4)")
    text = "train the published Glow in small for N steps (default: 1500); 0: leave it out"
    parser.add_argument("--glow-steps", type=from_zero, default=1500, metavar="N", help=text)
    text = "what `make fuzz` wrote of damaged files, for the page: build/fuzz.jsonl"
    parser.add_argument("--fuzz", type=path, metavar="FILE", help=text)
    parser.add_argument("--write", type=path, metavar="PATH", help="write PATH.md and PATH.json instead of printing")
    add_data_dir(parser)
    add_json(parser)
