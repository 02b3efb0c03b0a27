"""What the contracts of all modules share."""

import copy
import io
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor, nn

from oodflow.errors import UsageError

M = TypeVar("M", bound=nn.Module)


def randomise(module: M, seed: int) -> M:
    """Move every parameter and statistic off its initial value, so that zeros and identities can hide nothing."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype), alpha=0.1)
        for buffer in module.buffers():
            if buffer.is_floating_point():  # positive, for it may be a variance
                buffer.add_(torch.rand(buffer.shape, generator=generator, dtype=buffer.dtype), alpha=0.1)
    return module


@contextmanager
def leaving_no_trace(module: nn.Module) -> Iterator[None]:
    """Assert that the block changes neither parameters nor buffers nor attributes of ``module`` or its parts."""
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    attributes = [_simple_attributes(part) for part in module.modules()]
    yield
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, state[name]), f"a call changed {name}: a forward pass must leave no trace"
    for part, before in zip(module.modules(), attributes, strict=True):
        after = _simple_attributes(part)
        changed = f"{_difference(before, after)} of {type(part).__name__}"
        assert after == before, f"a call changed {changed}: remember nothing"


def check_copies(module: nn.Module, call: Callable[[nn.Module], Tensor]) -> None:
    """Assert that what comes of a module when it is copied, pickled or saved whole computes the same.

    So it goes to other processes, be they started by ``torch.multiprocessing``, ``joblib`` or ``torchrun``.

    Args:
        module: in eval mode.
        call: computes something with a module like it.
    """
    expected = call(module)
    assert torch.equal(call(copy.deepcopy(module)), expected), "copied it computes something else"
    if any(type(part).__module__ == "__main__" for part in module.modules()):
        return  # what a script defines can be named by that script alone
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    copies = {
        "pickled": pickle.loads(pickle.dumps(module)),
        "saved whole": torch.load(file, weights_only=False),
    }
    for how, twin in copies.items():
        assert torch.equal(call(twin), expected), f"{how} it computes something else"


def refuses(call: Callable[[], object]) -> bool:
    """Tell whether a call raises ``UsageError``."""
    try:
        call()
    except UsageError:
        return True
    return False


def log_det_of(function: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    """Log-absolute-determinant of the Jacobian of a map of one image, by autograd: the judge of every log_det."""
    jacobian = torch.func.jacrev(lambda one: function(one).flatten())(at)
    log_det: Tensor = torch.linalg.slogdet(jacobian.reshape(at.numel(), at.numel())).logabsdet
    return log_det


def check_gradients(module: nn.Module, value: Tensor, *inputs: Tensor) -> None:
    """Assert that ``value`` has a finite gradient for every parameter and input."""
    names = [name for name, _ in module.named_parameters()] + [f"input {i}" for i in range(len(inputs))]
    gradients = torch.autograd.grad(value, [*module.parameters(), *inputs], allow_unused=True)
    for name, gradient in zip(names, gradients, strict=True):
        assert gradient is not None, f"{name} has no gradient: it is a dead parameter"
        assert gradient.isfinite().all(), f"{name} has a gradient that is not finite"


def _simple_attributes(module: nn.Module) -> dict[str, object]:
    """Attributes beside parameters, buffers and submodules; tensors by identity."""
    return {
        name: id(value) if isinstance(value, Tensor) else repr(value)
        for name, value in vars(module).items()
        if not name.startswith("_") or isinstance(value, Tensor)
    }


def _difference(before: dict[str, object], after: dict[str, object]) -> str:
    return ", ".join(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))
