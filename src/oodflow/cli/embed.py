"""``oodflow embed``."""

import json
from argparse import Namespace
from functools import partial

from oodflow.cli.display import result_console, scoring_progress
from oodflow.data import load_images, splits_of
from oodflow.data.embedded import PIECE, Embedded, embed
from oodflow.data.spec import with_encoder
from oodflow.encoders import open_encoder
from oodflow.session.interrupt import Interrupted
from oodflow.training import choose_device


def run(arguments: Namespace) -> None:
    """Compute what an encoder makes of the splits of a set, and say where it is kept and how to ask for it."""
    splits = tuple(dict.fromkeys(arguments.split or splits_of(arguments.data)))
    sets = [load_images(arguments.data, split, root=arguments.data_dir) for split in splits]
    encoder, device = open_encoder(arguments.encoder), choose_device(arguments.device)
    spec = with_encoder(arguments.data, arguments.encoder)
    found: list[Embedded] = []
    kept = False
    try:
        with scoring_progress() as progress:

            def after_piece(what: str, done: int, count: int) -> None:
                nonlocal kept
                kept = True
                progress(what, done, count)

            for images in sets:
                told = partial(after_piece, f"{images.name} {images.split}")
                found.append(embed(images, arguments.encoder, device=device, block=arguments.batch_size, progress=told))
    except KeyboardInterrupt as error:
        so_far = "the vectors so far are kept, and the same command goes on with the rest"
        none = f"no vectors are kept yet, for they are written {PIECE:,} at a time"
        raise Interrupted(f"stopped; {so_far if kept or found else none}.", 130) from error
    if arguments.json:
        facts = [_facts(one) for one in found]
        print(json.dumps({"spec": spec, "encoder": encoder.fingerprint, "sets": facts}, indent=2))
        return
    for one in found:
        (width,), count = one.vectors.shape, len(one.vectors)
        took = f"{one.computed:,} computed in {one.seconds:.1f} s" if one.computed else "all there before"
        result_console.print(f"{one.vectors.split}: {count:,} vectors of {width:,} numbers, {took}, in {one.path}")
    result_console.print(f"Their data set is {spec}")


def _facts(found: Embedded) -> dict[str, str | int | float]:
    return {
        "split": found.vectors.split,
        "vectors": len(found.vectors),
        "width": found.vectors.shape[0],
        "computed": found.computed,
        "seconds": round(found.seconds, 3),
        "fingerprint": found.vectors.fingerprint,
        "path": str(found.path),
    }
