"""Devices by name."""

import re
from typing import Annotated

import torch
from pydantic import AfterValidator

from oodflow import ranks
from oodflow.errors import OodflowError, UsageError


def device_name(name: object) -> str:
    """Return the name of a device, whether or not there is one here.

    Raises:
        UsageError: for any other name.

    Example:
        >>> device_name("cuda:1")
        'cuda:1'
    """
    if isinstance(name, torch.device):
        name = str(name)
    if not isinstance(name, str) or not re.fullmatch(r"auto|cpu|cuda(:\d{1,3})?|mps", name, re.ASCII):
        raise UsageError(f"device is {name!r}: expected auto, cpu, cuda, cuda:1 or another of several GPUs, or mps.")
    return name


DeviceName = Annotated[str, AfterValidator(device_name)]
"""``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``."""


def choose_device(name: str) -> torch.device:
    """Return the device that a name means on this machine: ``auto`` is a CUDA GPU if there is one, else the CPU.

    Each of several processes on a machine has a GPU of its own, unless one is named. A GPU with a number becomes the
    process's current one, where CUDA puts what does not say where it belongs.

    Raises:
        UsageError: for any other name.
        OodflowError: when there is no such device.
    """
    kind, _, number = device_name(name).partition(":")
    count = torch.cuda.device_count() if kind in ("auto", "cuda") and torch.cuda.is_available() else 0
    if kind == "cuda" and not count:
        raise OodflowError(f"device is {name!r} but torch finds no GPU here: use cpu or auto.")
    if number and int(number) >= count:
        some = "cuda:0 alone" if count == 1 else f"cuda:0 to cuda:{count - 1}"
        raise OodflowError(f"device is {name!r} but torch finds {some} here.")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise OodflowError("device is 'mps' but torch finds no GPU of Apple's here: use cpu or auto.")
    if kind == "auto":
        kind = "cuda" if count else "cpu"
    device = ranks.own_device(torch.device(kind, int(number)) if number else torch.device(kind))
    if device.index is not None:
        torch.cuda.set_device(device)
    return device
