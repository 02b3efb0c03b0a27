"""How to train: every number of a run but the flow's own."""

from typing import Literal

from pydantic import Field

from oodflow.config import Config


class TrainingConfig(Config):
    """Settings of a training run.

    Attributes:
        steps: optimiser steps in all.
        batch_size: images a step.
        seed: decides initial weights, order of images and dequantisation noise.
        optimiser: name of the optimiser, at PyTorch's defaults for all but the rate and the decay.
        lr: learning rate.
        schedule: ``constant``; ``cosine`` down to 0; ``anneal``, the authors': half from 80 %, a quarter from 90 %.
        warmup_steps: steps over which the rate rises linearly from 0.
        weight_decay: factor of the L2 penalty (decoupled for AdamW).
        decay: which parameters it pulls on: the weight-norm ``gains`` or ``all``.
        max_grad_norm: clip the gradient to this norm (loss in nats an image); none: never.
        clip: what is clipped to it: the weight-norm gains and all other parameters each ``apart``, or ``together``.
        ema_decay: decay of the moving average of weights that is evaluated and saved; none: the weights themselves.
        max_skipped: how many steps in a row may be non-finite before training ends.
        precision: of the st-networks; log-determinants and prior are always float32. ``tf32`` is float32 with the
            convolutions of a GPU in TensorFloat-32; to a CPU it makes no difference. ``bfloat16`` is faster on a GPU
            and on processors that have instructions for it, and slower on others.
        deterministic: whether a GPU's convolutions are computed by algorithms that give the same each time, which may
            be slower ones; on a CPU they always are.
        compile: whether to compile the layers with networks, for long runs; it takes a C++ compiler.
        cuda_graph: whether a GPU records the kernels of forward and backward pass once and then replays them, for flows
            whose kernels it finishes faster than they can be started one by one; to a CPU it makes no difference.
        memory: ``stored`` activations, or ``reversible``: computed again from the flow's output, for about a third more
            time; the memory that they take then does not grow with the number of layers.
        log_every: steps between lines in the log.
        checkpoint_every: steps between checkpoints.
    """

    steps: int = Field(ge=1)
    batch_size: int = Field(64, ge=1)
    seed: int = Field(0, ge=0, lt=2**63)
    optimiser: Literal["adam", "adamax", "adamw", "rmsprop"] = "adam"
    lr: float = Field(1e-3, gt=0)
    schedule: Literal["constant", "cosine", "anneal"] = "constant"
    warmup_steps: int = Field(0, ge=0)
    weight_decay: float = Field(0.0, ge=0)
    decay: Literal["gains", "all"] = "gains"
    max_grad_norm: float | None = Field(None, gt=0)
    clip: Literal["apart", "together"] = "apart"
    ema_decay: float | None = Field(None, gt=0, lt=1)
    max_skipped: int = Field(20, ge=0)
    precision: Literal["float32", "tf32", "bfloat16"] = "float32"
    deterministic: bool = False
    compile: bool = False
    cuda_graph: bool = False
    memory: Literal["stored", "reversible"] = "stored"
    log_every: int = Field(20, ge=1)
    checkpoint_every: int = Field(500, ge=1)
