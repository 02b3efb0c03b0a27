"""Verbs about runs, their data and what comes in, and all others behind them."""

import argparse

from oodflow.cli.arguments import (
    Parser,
    Verbs,
    add_data_dir,
    add_device,
    add_json,
    add_out,
    add_plugin,
    add_restated,
    add_verb,
    at_least_two,
    from_zero,
    indices,
    number,
    path,
    positive,
    share,
    whole,
)
from oodflow.cli.bench_verbs import add_bench_verbs
from oodflow.cli.original_flags import FLOW_FLAGS, TRAINING_FLAGS, TRAINING_SWITCHES
from oodflow.cli.page_verbs import add_page_verbs


def add_verbs(verbs: "Verbs[Parser]") -> None:
    """Add all of them, in the order of the help."""
    _demo(verbs)
    _data(verbs)
    _embed(verbs)
    _train(verbs)
    _evaluate(verbs)
    _detect(verbs)
    _export(verbs)
    _explain(verbs)
    add_page_verbs(verbs)
    add_bench_verbs(verbs)
    _import_original(verbs)


def _demo(verbs: "Verbs[Parser]") -> None:
    parser = add_verb(verbs, "demo", "oodflow.cli.demo:run", "see a flow prefer other images to its own, in minutes")
    parser.add_argument("--out", type=path, help="run directory (default: the next free runs/demo-N)")
    parser.add_argument("--scale", default="cpu", choices=["smoke", "cpu"], help="smoke: seconds, shows nothing")
    add_device(parser)
    add_data_dir(parser)
    add_json(parser)


def _data(verbs: "Verbs[Parser]") -> None:
    data = verbs.add_parser("data", help="list, download and check data sets")
    add_plugin(data, "between")
    actions = data.add_subparsers(title="actions", metavar="ACTION", required=True)
    parser = add_verb(actions, "list", "oodflow.cli.data:list_sources", "what there is, and what of it is here")
    add_data_dir(parser)
    add_json(parser)
    for name, text, also in [
        ("get", "download data sets", ""),
        ("check", "read data sets whole and verify their checksums", ", or your own, as csv:PATH"),
    ]:
        parser = add_verb(actions, name, f"oodflow.cli.data:{name}", text)
        parser.add_argument("names", nargs="+", metavar="NAME", help="data sets; see `oodflow data list`" + also)
        add_data_dir(parser)


def _embed(verbs: "Verbs[Parser]") -> None:
    text = "compute what an outside model makes of images, and keep it"
    parser = add_verb(verbs, "embed", "oodflow.cli.embed:run", text)
    parser.add_argument("data", metavar="SET", help="data set of images, such as cifar10 or folder:PATH")
    parser.add_argument(
        "--encoder", required=True, metavar="MODEL",
        help="a folder with a model of Hugging Face transformers, or its name, such as google/efficientnet-b4",
    )  # fmt: skip
    parser.add_argument(
        "--split", nargs="+", default=[], metavar="SPLIT", help="train, calibration, test, ... (default: all it has)"
    )
    text = "images that go through the model at once (default: 32); another number gives other last digits"
    parser.add_argument("--batch-size", type=positive, default=32, metavar="N", help=text)
    add_device(parser)
    add_data_dir(parser)
    add_json(parser)


def _train(verbs: "Verbs[Parser]") -> None:
    parser = add_verb(verbs, "train", "oodflow.cli.train:run", "train a recipe")
    parser.add_argument("recipe", nargs="?", metavar="RECIPE", help="name of a recipe; see --list")
    parser.add_argument("overrides", nargs="*", metavar="FIELD=VALUE", help="such as training.lr=1e-4 flow.width=32")
    parser.add_argument("--scale", help="smoke (seconds), cpu (minutes, default), long (an hour or two) or paper (GPU)")
    parser.add_argument("--out", type=path, help="run directory (default: runs/RECIPE-SCALE, with a digest if changed)")
    text = "go on with a run, from its last checkpoint; FIELD=VALUE: with another rate, more steps, ..."
    parser.add_argument("--resume", type=path, metavar="RUN", help=text)
    text = "begin with the weights of a run, or of a weights.safetensors, in place of random ones"
    parser.add_argument("--from", type=path, metavar="RUN", help=text)
    parser.add_argument("--seed", type=whole, help="short for training.seed=N")
    parser.add_argument("--precision", help="short for training.precision=float32, tf32 or bfloat16")
    parser.add_argument("--list", action="store_true", help="list the recipes and exit")
    parser.add_argument("--print-config", action="store_true", help="print the configuration as JSON and exit")
    add_device(parser)
    add_data_dir(parser)


def _evaluate(verbs: "Verbs[Parser]") -> None:
    parser = add_verb(verbs, "evaluate", "oodflow.cli.evaluate:run", "ask a flow which data sets it takes for its own")
    parser.add_argument("run_dirs", nargs="+", type=path, metavar="RUN", help="run directories, one after the other")
    parser.add_argument(
        "--ood", nargs="+", default=[], metavar="SET", help="data sets to ask about (default: recipe's)"
    )
    text = "in-distribution data to hold them against (default: the test part of what the flow was trained on)"
    parser.add_argument("--in-test", metavar="SET", help=text)
    parser.add_argument(
        "--scores", nargs="+", default=["likelihood"], metavar="SCORE",
        help="scores, as typicality or typicality?group=10, or all that apply (default: likelihood)",
    )  # fmt: skip
    text = "draws of the dequantisation, for importance-sampled likelihoods (default: 1, which is a bound)"
    parser.add_argument("--draws", type=positive, default=1, metavar="K", help=text)
    parser.add_argument("--seed", type=from_zero, default=0, help="of the dequantisation noise and the bootstrap")
    text = "find thresholds with at most this share of false alarms, such as 0.05"
    parser.add_argument("--fpr", type=share, metavar="SHARE", help=text)
    text = "flag images of a set that comes in one batch with the test set, with at most this share of false alarms"
    parser.add_argument("--fdr", type=share, metavar="SHARE", help=text)
    text = "score at most N images of each set, and learn and find thresholds on at most N of the calibration part"
    parser.add_argument("--limit", type=at_least_two, metavar="N", help=text)
    parser.add_argument("--batch-size", type=positive, default=256, metavar="N", help="images scored at once")
    add_out(parser, "evaluations")
    add_device(parser)
    add_restated(parser)
    add_data_dir(parser)
    add_json(parser)


def _detect(verbs: "Verbs[Parser]") -> None:
    parser = add_verb(
        verbs, "detect", "oodflow.cli.detect:run",
        "judge images or rows as they come: a line each, with score, p-value and verdict",
    )  # fmt: skip
    parser.add_argument("run_dir", type=path, metavar="RUN", help="run directory")
    parser.add_argument(
        "files", nargs="+", metavar="FILE",
        help="pictures, folders of them (brought to the flow's shape, as folder:PATH?shape= does: resized, centre cut "
        "out) and .npy; or tables (.csv, .npy, .npz, .parquet; columns by name where the flow knows names) and folders "
        "of them; a flow over an encoder's vectors takes either; - is standard input. What can't be read gets a "
        "line of its own, and the exit code is 1",
    )  # fmt: skip
    text = "a score of single images or rows (default: combined for images, likelihood for rows)"
    parser.add_argument("--score", metavar="SCORE", help=text)
    text = "ood is what lies above the threshold that at most this share of in-distribution data does (default: 0.05)"
    parser.add_argument("--fpr", type=share, default=0.05, metavar="SHARE", help=text)
    parser.add_argument(
        "--stdin", choices=("rows", "names"),
        help="what - is: rows of CSV (default for flows over rows), or names of files, one a line (default for images)",
    )  # fmt: skip
    text = "tell at the end how sure it is that the data are not drawn as the held-out ones were"
    parser.add_argument("--drift", action="store_true", help=text)
    text = "say where the martingale first passed this (default: 100); as --drift"
    parser.add_argument("--drift-level", type=number, metavar="LEVEL", help=text)
    parser.add_argument("--seed", type=from_zero, default=0, help="of the dequantisation noise, and of --drift")
    parser.add_argument(
        "--limit", type=at_least_two, metavar="N", help="calibrate on at most N held-out images or rows"
    )
    text = "how many go through the flow at once (default: 256 images, 4,096 rows)"
    parser.add_argument("--batch-size", type=positive, metavar="N", help=text)
    add_out(parser, "its calibration")
    add_device(parser)
    add_restated(parser)
    add_data_dir(parser)
    parser.add_argument("--json", action="store_true", help="print JSON lines instead of CSV")


def _export(verbs: "Verbs[Parser]") -> None:
    parser = add_verb(
        verbs, "export", "oodflow.cli.export:run", "write a flow's likelihood as ONNX, for other programs"
    )
    parser.add_argument("run_dir", type=path, metavar="RUN", help="run directory")
    text = "file to write; its calibration, with thresholds, becomes a .json of the same name"
    parser.add_argument("model", type=path, metavar="OUT.onnx", help=text)
    parser.add_argument(
        "--score", metavar="SCORE", help="likelihood (default): the other scores are made outside of it"
    )
    text = "of the dequantisation noise of the held-out images, which the model takes as an input"
    parser.add_argument("--seed", type=from_zero, default=0, help=text)
    text = "calibrate on at most N held-out images or rows"
    parser.add_argument("--limit", type=at_least_two, metavar="N", help=text)
    add_out(parser, "the calibration that it keeps")
    add_restated(parser)
    add_data_dir(parser)
    add_json(parser)


def _explain(verbs: "Verbs[Parser]") -> None:
    parser = add_verb(
        verbs, "explain", "oodflow.cli.explain:run", "see and measure why a flow finds other images likely"
    )
    parser.add_argument("run_dir", type=path, metavar="RUN", help="run directory")
    parser.add_argument("--ood", metavar="SET", help="data set to hold against its own (default: the recipe's first)")
    parser.add_argument(
        "--images", type=indices, default=(), metavar="I,J,...",
        help="which images of either set to show, from 0; coupling layers of the first (default: four from all over)",
    )  # fmt: skip
    parser.add_argument(
        "--limit", type=at_least_two, default=128, metavar="N", help="measure on at most N images of each set"
    )
    parser.add_argument("--draws", type=positive, default=40, metavar="K", help="noise draws in mean latents")
    parser.add_argument("--seed", type=from_zero, default=0, help="of noise, resampling and the bootstrap")
    parser.add_argument(
        "--train-mode", action=argparse.BooleanOptionalAction, default=None,
        help="show batch norm in train mode (default: if the flow has any)",
    )  # fmt: skip
    add_out(parser, "what comes of it")
    add_device(parser)
    add_restated(parser)
    add_data_dir(parser)
    add_json(parser)


def _import_original(verbs: "Verbs[Parser]") -> None:
    text = "turn a checkpoint of the paper's authors' code into a run"
    parser = add_verb(verbs, "import-original", "oodflow.cli.import_original:run", text)
    parser.add_argument("checkpoint", type=path, metavar="CHECKPOINT", help="its N.pt, or a state-dict as .safetensors")
    parser.add_argument("out", type=path, metavar="OUT", help="run directory to write")
    add_data_dir(parser)
    flags = parser.add_argument_group(
        "the original's flags", "with _ or -, at its defaults; those of training are taken too, and only recorded"
    )
    flags.add_argument("--flow", metavar="CLASS", help="RealNVP (default), Glow, RealNVPCycleMask, ...")
    flags.add_argument("--dataset", metavar="NAME", help="what it was trained on; it says the size of the images")
    for name, default in FLOW_FLAGS.items():
        if default is False:
            flags.add_argument(*_spellings(name), action="store_true")
        else:
            kind = from_zero if isinstance(default, int) else str
            flags.add_argument(*_spellings(name), type=kind, metavar="N" if kind is from_zero else "NAME")
    for name in TRAINING_FLAGS:
        flags.add_argument(*_spellings(name), help=argparse.SUPPRESS)
    for name in TRAINING_SWITCHES:
        flags.add_argument(*_spellings(name), action="store_true", help=argparse.SUPPRESS)
    add_json(parser)


def _spellings(name: str) -> list[str]:
    return list(dict.fromkeys([f"--{name.replace('_', '-')}", f"--{name}"]))
