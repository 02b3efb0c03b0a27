"""Several processes that work as one, started together by a launcher such as ``torchrun``.

Each has a rank, from 0; the one of rank 0 speaks and writes for all. Alone a process is of rank 0, and what stands here
does nothing, so that callers need not ask how many there are.
"""

import gc
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from hashlib import sha256
from time import monotonic, sleep
from typing import Any, TypeVar
from uuid import uuid4

import torch
import torch.distributed as dist
from torch import Tensor

from oodflow.errors import OodflowError, UsageError

T = TypeVar("T")

TOLD = "another process tells of this"
"""Note of an error, see :func:`hush`."""

TO_TELL = "this process tells of this for all"
"""Note of an error that this process, but not each before it, has come upon."""

_one_batch = ContextVar("one_batch", default=False)


def launched() -> int:
    """Tell how many processes a launcher has started together, by ``WORLD_SIZE``; 1: this one is alone.

    Raises:
        UsageError: that is no number.
    """
    said = os.environ.get("WORLD_SIZE") or "1"
    if not said.isdecimal():
        raise UsageError(f"WORLD_SIZE is {said!r}: expected how many processes there are, as torchrun sets it.")
    return int(said)


def restarted() -> bool:
    """Tell whether the launcher has started all processes anew, after one of them had ended."""
    return os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") not in ("", "0")


@contextmanager
def joined(timeout: timedelta = timedelta(minutes=30)) -> Iterator[None]:
    """Join the processes that a launcher has started with this one, for the block; alone, nothing happens.

    They talk by gloo, and GPUs by NCCL.

    Args:
        timeout: how long to wait for one that does not answer.

    Raises:
        UsageError: the environment says that there are several, but not how to find them.
        OodflowError: they can't be found, or one of them is lost.
    """
    if launched() == 1 or dist.is_initialized():
        yield
        return
    if lacking := [name for name in ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]:
        raise UsageError(
            f"WORLD_SIZE is {launched()}, but {' and '.join(lacking)} not set: start several processes together with "
            "`torchrun --nproc-per-node N -m oodflow ...`, or take WORLD_SIZE away."
        )
    try:
        store, own, count = next(dist.rendezvous("env://", timeout=timeout))  # type: ignore[attr-defined]
        dist.init_process_group(
            _backend(), store=_of_this_start(store, own, count, timeout), rank=own, world_size=count, timeout=timeout
        )
    except (RuntimeError, ValueError) as error:
        raise OodflowError(f"the {launched()} processes can't find one another: {error}") from error
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, dist.DistError) and "gloo" not in str(error):
            raise
        raise OodflowError(
            f"another of the {launched()} processes has ended, or does not answer: what it said tells why."
        ) from error
    finally:
        gc.collect()  # of what holds the group, such as a module with its hooks: it has threads, which must end before
        dist.destroy_process_group()


def _of_this_start(store: Any, own: int, count: int, timeout: timedelta) -> Any:
    """Give what the processes that are there now write into the store a place of its own.

    A launcher that starts all anew may keep the store, with addresses of processes that have ended; connecting to one
    fails. Each therefore writes a name that it alone has, the first one calls up the names it finds, again where they
    change, and they have met when all have answered to one call.
    """
    mine = uuid4().hex
    store.set(f"oodflow/name/{own}", mine)
    until = monotonic() + timeout.total_seconds()
    answered = ""
    while monotonic() < until:
        if own == 0:
            names = [store.get(f"oodflow/name/{each}").decode() for each in range(count)]
            store.set("oodflow/call", " ".join(names))
        call = store.get("oodflow/call").decode()
        if call.split()[own : own + 1] == [mine]:
            meeting = f"oodflow/{sha256(call.encode()).hexdigest()}"
            if store.add(meeting, int(call != answered)) == count:
                return dist.PrefixStore(meeting, store)  # type: ignore[attr-defined]
            answered = call
        sleep(0.02)
    raise RuntimeError(f"not all of them have answered within {timeout.total_seconds():g} s")


def _backend() -> str:
    if not torch.cuda.is_available():
        return "gloo"
    torch.cuda.set_device(own_device(torch.device("cuda")))
    return "cpu:gloo,cuda:nccl"


def rank() -> int:
    """Which of the processes this is."""
    return dist.get_rank() if _several() else 0


def count() -> int:
    """How many processes work together."""
    return dist.get_world_size() if _several() else 1


def is_first() -> bool:
    """Whether this is the one that speaks and writes."""
    return rank() == 0


def own_device(device: torch.device) -> torch.device:
    """Give each process on a machine a GPU of its own, unless one is named.

    Example:
        >>> own_device(torch.device("cpu"))
        device(type='cpu')
    """
    if device.type != "cuda" or ":" in str(device) or launched() == 1:
        return device
    return torch.device("cuda", int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())


def share(total: int) -> slice:
    """Tell which of so many pieces of work are this process': the shares lie one after the other, as even as can be.

    Example:
        >>> share(10)
        slice(0, 10, None)
    """
    return slice(rank() * total // count(), (rank() + 1) * total // count())


def from_first(compute: Callable[[], T]) -> T:
    """Compute on the first process alone: all return what came of it, or raise its error."""
    if not _several():
        return compute()
    outcome: list[Any] = [None]
    with everywhere():
        if is_first():
            outcome = [compute()]
    dist.broadcast_object_list(outcome, src=0, device=torch.device("cpu"))
    result: T = outcome[0]
    return result


def from_all(mine: T) -> list[T]:
    """Give each process what all of them bring, by rank."""
    if not _several():
        return [mine]
    found: list[Any] = [None] * count()
    dist.all_gather_object(found, mine)
    return found


@contextmanager
def everywhere() -> Iterator[None]:
    """Let an error of one process in the block be the error of all at its end; none may wait for another in it."""
    try:
        yield
    except BaseException as error:
        if _several():
            _tell(error)
        raise
    if _several():
        _tell(None)


def all_agree(flag: Tensor) -> Tensor:
    """Tell whether a boolean scalar is true on all processes; on a GPU without waiting for it."""
    if not _several():
        return flag
    least = flag.int()
    dist.all_reduce(least, dist.ReduceOp.MIN)
    return least.bool()


def hush(error: BaseException) -> None:
    """Note of an error that another process tells the user of it."""
    if TOLD not in getattr(error, "__notes__", ()):
        error.add_note(TOLD)


def _tell(mine: BaseException | None) -> None:
    """Exchange errors: raise that of another where there is none of one's own, and let each be told of once."""
    some = torch.tensor(int(mine is not None))
    dist.all_reduce(some, dist.ReduceOp.MAX)
    if not some:
        return
    errors = from_all(_sent(mine))
    if mine is None:
        error = next(error for error in errors if error is not None)
        hush(error)
        raise error
    if any(str(error) == str(mine) for error in errors[: rank()]):
        hush(mine)
    else:
        mine.add_note(TO_TELL)


def _sent(error: BaseException | None) -> BaseException | None:
    """Make an error ready for the way to another process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # it is not made to travel
        return UsageError(str(error)) if isinstance(error, UsageError) else OodflowError(str(error))
    return error


@contextmanager
def one_batch() -> Iterator[None]:
    """Take what the processes have in the block as parts of one batch, which :func:`of_batch` joins."""
    token = _one_batch.set(_several())
    try:
        yield
    finally:
        _one_batch.reset(token)


def of_batch(x: Tensor) -> Tensor:
    """Join the parts of a batch, as :func:`gathered` does, in :func:`one_batch`; out of it x is the whole already."""
    return gathered(x) if _one_batch.get() else x


def gathered(x: Tensor) -> Tensor:
    """Join what the processes have, ``[B, ...] -> [N B, ...]``, in the order of their ranks.

    All are to go on with it alike. What comes back as the gradient of a part is the sum over the processes, of which
    an average over them, as ``DistributedDataParallel`` takes it of the weights' gradients, makes the gradient of what
    each has computed of the whole.
    """
    return _Gathered.apply(x) if _several() else x  # type: ignore[no-untyped-call]


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.rows = len(x)
        parts = [torch.empty_like(x) for _ in range(count())]
        dist.all_gather(parts, x.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        return total[rank() * ctx.rows : (rank() + 1) * ctx.rows]


def _several() -> bool:
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1
