"""Random state-dicts with the keys and shapes of the original's checkpoints."""

import torch


class State(dict):
    """Tensors by key; every one random and far from its initial value."""

    def __init__(self, seed):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def draw(self, key, *shape, scale=0.3, shift=0.0):
        self[key] = shift + scale * torch.randn(*shape, generator=self.generator)

    def conv(self, place, inputs, outputs, size, *, bias=True, normed=True):
        fan_in = inputs * size**2
        if normed:
            self.draw(f"{place}.conv.weight_g", outputs, 1, 1, 1, shift=0.7)
            self.draw(f"{place}.conv.weight_v", outputs, inputs, size, size)
        else:
            self.draw(f"{place}.conv.weight", outputs, inputs, size, size, scale=fan_in**-0.5)
        if bias:
            self.draw(f"{place}.conv.bias", outputs)

    def norm(self, place, channels):
        self.draw(f"{place}.weight", channels, shift=1.0)
        self.draw(f"{place}.bias", channels)
        self.draw(f"{place}.running_mean", channels)
        self[f"{place}.running_var"] = 0.5 + torch.rand(channels, generator=self.generator)
        self[f"{place}.num_batches_tracked"] = torch.tensor(7)

    def linear(self, place, inputs, outputs):
        self.draw(f"{place}.weight", outputs, inputs, scale=inputs**-0.5)
        self.draw(f"{place}.bias", outputs)


def state_of(cls, kwargs, seed=0):
    """A state-dict for the original's constructor call."""
    state = State(seed)
    build = {"RealNVP": _realnvp, "Glow": _glow, "RealNVPTabular": _tabular}.get(cls, _single_scale)
    build(state, cls, kwargs)
    return dict(state)


def _coupling(state, place, kwargs, inputs, changed, width, pixels):
    _net(state, f"{place}.st_net", kwargs, inputs, 2 * changed, width, pixels)
    _rescale(state, place, changed, 1, 1)


def _rescale(state, place, *shape):
    state.draw(f"{place}.rescale.weight_g", *shape, scale=0.1, shift=0.3)  # so that z stays of the order of 1
    state.draw(f"{place}.rescale.weight_v", *shape)  # of both signs


def _net(state, place, kwargs, inputs, outputs, width, pixels):
    blocks = kwargs.get("num_blocks", kwargs.get("num_layers"))
    kind = kwargs.get("st_type", "resnet")
    if kind == "highway":
        state.conv(f"{place}.in_conv", inputs, width, 3, normed=False)
        for i in range(blocks):
            state.conv(f"{place}.layers.{i}.conv_h", width, width, 3, normed=False)
            state.conv(f"{place}.layers.{i}.conv_t", width, width, 3, normed=False)
        state.conv(f"{place}.out_conv", width, outputs, 1, normed=False)
    elif kind == "glow_convnet":
        state.conv(f"{place}.0", inputs, width, 3, normed=False)
        state.conv(f"{place}.2", width, width, 1, normed=False)
        state.conv(f"{place}.4", width, outputs, 3, normed=False)
    else:
        skip = kwargs.get("skip", True) and kind == "resnet"
        _resnet(state, place, inputs, outputs, width, blocks, kwargs.get("use_batch_norm", True), skip)
        if kind == "resnet_ae":
            state.linear(f"{place}.bottleneck.0", width * pixels, kwargs["latent_dim"])
            state.linear(f"{place}.bottleneck.1", kwargs["latent_dim"], width * pixels)


def _resnet(state, place, inputs, outputs, width, blocks, normed, skip):
    norms = {"in_norm": inputs, "out_norm": width}
    norms |= {f"blocks.{i}.{norm}": width for i in range(blocks) for norm in ("in_norm", "out_norm")}
    for name, channels in norms.items() if normed else ():
        state.norm(f"{place}.{name}", channels)
    state.conv(f"{place}.in_conv", 2 * inputs, width, 3)
    for i in range(blocks):
        state.conv(f"{place}.blocks.{i}.in_conv", width, width, 3, bias=False)
        state.conv(f"{place}.blocks.{i}.out_conv", width, width, 3)
    for name in ["in_skip", *(f"skips.{i}" for i in range(blocks))] if skip else ():
        state.conv(f"{place}.{name}", width, width, 1)
    state.conv(f"{place}.out_conv", width, outputs, 1)


def _single_scale(state, cls, kwargs):
    channels, height, width = kwargs["img_shape"]
    number = {"RealNVPMaskHorizontal3Layers": 3, "RealNVPSmall": 2}.get(cls, 8)
    kwargs = {key: value for key, value in kwargs.items() if key != "skip"}
    for i in range(number):
        place = f"body.{2 + i}.0.module1"
        _coupling(state, place, kwargs, channels, channels, kwargs["mid_channels"], height * width)


def _realnvp(state, cls, kwargs):
    channels, height, width = kwargs["img_shape"]
    mid, pixels, index = kwargs["mid_channels"], height * width, 2
    for _ in range(kwargs.get("num_scales", 2) - 1):
        for i in range(3):
            _coupling(state, f"body.{index}.{i}.module1", kwargs, channels, channels, mid, pixels)
        mid, pixels = 2 * mid, pixels // 4
        for i in range(3):
            _coupling(state, f"body.{index + 2}.{i}.module1", kwargs, 2 * channels, 2 * channels, mid, pixels)
        channels, index = 2 * channels, index + 4
    for place in (f"body.{index}.0", f"body.{index}.1", f"body.{index}.2", f"body.{index + 1}.0"):
        _coupling(state, f"{place}.module1", kwargs, channels, channels, mid, pixels)


def _glow(state, cls, kwargs):
    channels, height, width = kwargs["image_shape"]
    pixels, index, split = height * width, 2, kwargs.get("multi_scale", True)
    steps = kwargs["num_coupling_layers_per_scale"]
    for scale in range(kwargs["num_scales"]):
        channels, pixels = 4 * channels, pixels // 4
        for step in range(index + 1, index + 1 + steps):
            state.draw(f"body.{step}.0.module1.bias", 1, channels, 1, 1)
            state.draw(f"body.{step}.0.module1.logs", 1, channels, 1, 1)
            state.draw(f"body.{step}.1.module1.weight", channels, channels)
            place, half = f"body.{step}.2.module1", channels // 2
            _coupling(state, place, kwargs, half, half, kwargs["mid_channels"], pixels)
        index += 1 + steps
        if split and scale < kwargs["num_scales"] - 1:
            channels, index = channels // 2, index + 1


def _tabular(state, cls, kwargs):
    dims, hidden = kwargs["in_dim"], kwargs["hidden_dim"]
    for i in range(kwargs["num_coupling_layers"]):
        place = f"body.{i}"
        state.linear(f"{place}.st_net.0", dims, hidden)
        for layer in range(kwargs["num_layers"]):
            state.linear(f"{place}.st_net.{3 + 2 * layer}", hidden, hidden)
        state.linear(f"{place}.st_net.{3 + 2 * kwargs['num_layers']}", hidden, 2 * dims)
        _rescale(state, place, dims)
