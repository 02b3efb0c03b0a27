"""The original's flows from bare tensors, written from the facts about its code: a judge for the importer.

Everything here is a function of a state-dict with the original's keys, in float64. The log-determinant is of the map
from the dequantised image v (or the vector) to z, so log P = log N(z) + log_det - D log 256.
"""

import math

import torch
from torch.nn.functional import batch_norm, conv2d, linear, pixel_unshuffle, relu

ALPHA = 0.05


def weights(state, place):
    """Those under a place, without it; weight norm worked out."""
    own = {key.removeprefix(place): tensor.double() for key, tensor in state.items() if key.startswith(place)}
    for key in [key for key in own if key.endswith("weight_v")]:
        direction, gain = own.pop(key), own.pop(key.replace("weight_v", "weight_g"))
        norm = direction.flatten(1).norm(dim=1) if direction.dim() > 1 else direction.abs()
        own[key.removesuffix("_v")] = gain * direction / norm.reshape(-1, *[1] * (direction.dim() - 1))
    return own


def convolve(x, own, name):
    weight = own[f"{name}.conv.weight"]
    return conv2d(x, weight, own.get(f"{name}.conv.bias"), padding=weight.shape[-1] // 2)


def normed(x, own, name):
    if f"{name}.running_mean" not in own:
        return x
    statistics = own[f"{name}.running_mean"], own[f"{name}.running_var"]
    return batch_norm(x, *statistics, own[f"{name}.weight"], own[f"{name}.bias"], eps=1e-5)


def resnet(x, own, blocks, *, checkerboard, skip, through_bottleneck=False):
    x = normed(x, own, "in_norm")
    if checkerboard and "in_norm.running_mean" in own:
        x = 2 * x
    h = convolve(relu(torch.cat([x, -x], 1)), own, "in_conv")
    total = convolve(h, own, "in_skip") if skip else None
    for i in range(blocks):
        inner = convolve(relu(normed(h, own, f"blocks.{i}.in_norm")), own, f"blocks.{i}.in_conv")
        h = h + convolve(relu(normed(inner, own, f"blocks.{i}.out_norm")), own, f"blocks.{i}.out_conv")
        if through_bottleneck and i == blocks // 2 - 1:
            narrow = linear(h.flatten(1), own["bottleneck.0.weight"], own["bottleneck.0.bias"])
            h = linear(narrow, own["bottleneck.1.weight"], own["bottleneck.1.bias"]).reshape(h.shape)
        if skip:
            total = total + convolve(h, own, f"skips.{i}")
    return convolve(relu(normed(total if skip else h, own, "out_norm")), own, "out_conv")


def highway(x, own, blocks):
    h = convolve(x, own, "in_conv")
    for i in range(blocks):
        gate = torch.sigmoid(convolve(h, own, f"layers.{i}.conv_t"))
        h = gate * convolve(h, own, f"layers.{i}.conv_h") + (1 - gate) * h
    return convolve(h, own, "out_conv")


def convnet(x, own):
    return convolve(relu(convolve(relu(convolve(x, own, "0")), own, "2")), own, "4")


def mlp(x, own):
    *hidden, last = sorted({int(key.split(".")[0]) for key in own})
    for i in hidden:
        x = relu(linear(x, own[f"{i}.weight"], own[f"{i}.bias"]))
    return linear(x, own[f"{last}.weight"], own[f"{last}.bias"])


def st_net(x, state, place, kwargs, *, checkerboard):
    own = weights(state, f"{place}.st_net.")
    blocks = kwargs.get("num_blocks", kwargs.get("num_layers"))
    match kwargs.get("st_type", "resnet"):
        case "resnet":
            return resnet(x, own, blocks, checkerboard=checkerboard, skip=kwargs.get("skip", True))
        case "resnet_ae":
            return resnet(x, own, blocks, checkerboard=checkerboard, skip=False, through_bottleneck=True)
        case "highway":
            return highway(x, own, blocks)
        case "glow_convnet":
            return convnet(x, own)


def affine(x, s_raw, t, state, place, changed):
    s = weights(state, f"{place}.rescale.")["weight"] * torch.tanh(s_raw) * changed
    return (x + t * changed) * torch.exp(s), s.flatten(1).sum(1)


def masked_coupling(x, state, place, kwargs, seen, changed, *, checkerboard=False):
    """Full resolution: zeros where nothing is seen."""
    s_raw, t = st_net(x * seen, state, place, kwargs, checkerboard=checkerboard).chunk(2, 1)
    return affine(x, s_raw, t, state, place, changed)


def checkerboard_coupling(x, state, place, kwargs, reverse):
    i, j = torch.meshgrid(torch.arange(x.shape[2]), torch.arange(x.shape[3]), indexing="ij")
    b = ((i + j) % 2).double()
    seen = 1 - b if reverse else b
    return masked_coupling(x, state, place, kwargs, seen, 1 - seen, checkerboard=True)


def horizontal_coupling(x, state, place, kwargs, reverse):
    seen = (torch.arange(x.shape[2]) < x.shape[2] // 2).double()[:, None].expand(x.shape[2:])
    seen = 1 - seen if reverse else seen
    return masked_coupling(x, state, place, kwargs, seen, 1 - seen)


def quadrant_coupling(x, state, place, kwargs, seen, changed):
    height, width = x.shape[2] // 2, x.shape[3] // 2
    corners = [(0, 0), (0, 1), (1, 1), (1, 0)]  # clockwise
    maps = []
    for row, column in (corners[seen], corners[changed]):
        b = torch.zeros(x.shape[2:], dtype=torch.float64)
        b[row * height : (row + 1) * height, column * width : (column + 1) * width] = 1
        maps.append(b)
    return masked_coupling(x, state, place, kwargs, *maps)


def channel_coupling(x, state, place, kwargs, reverse):
    first, second = x.chunk(2, 1)
    change, see = (second, first) if reverse else (first, second)
    s_raw, t = st_net(see, state, place, kwargs, checkerboard=False).chunk(2, 1)
    change, log_det = affine(change, s_raw, t, state, place, torch.ones(()))
    return torch.cat([see, change] if reverse else [change, see], 1), log_det


def vector_coupling(x, state, place, reverse):
    seen = (torch.arange(x.shape[1]) < x.shape[1] // 2).double()
    seen = 1 - seen if reverse else seen
    s_raw, t = mlp(x * seen, weights(state, f"{place}.st_net.")).chunk(2, 1)
    return affine(x, s_raw, t, state, place, 1 - seen)


def actnorm(x, state, place):
    own = weights(state, f"{place}.")
    return (x + own["bias"]) * own["logs"].exp(), own["logs"].sum().expand(len(x)) * x.shape[2] * x.shape[3]


def conv1x1(x, state, place):
    weight = weights(state, f"{place}.")["weight"]
    log_det = torch.linalg.slogdet(weight).logabsdet * x.shape[2] * x.shape[3]
    return torch.einsum("oc,bchw->bohw", weight, x), log_det.expand(len(x))


def encode(cls, kwargs, state, x, noise=None):
    """Z and the log-determinant of the original's flow."""
    layers = {"RealNVP": realnvp, "Glow": glow, "RealNVPTabular": tabular}.get(cls, single_scale)
    if cls == "RealNVPTabular":
        return layers(kwargs, state, x.double(), x.new_zeros(len(x), dtype=torch.float64))
    p = ALPHA + (1 - 2 * ALPHA) * (x.double() + noise.double()) / 256
    y = torch.log(p / (1 - p))
    log_det = (math.log(1 - 2 * ALPHA) - torch.log(p) - torch.log(1 - p)).flatten(1).sum(1)
    return layers(kwargs | {"cls": cls}, state, y, log_det)


def tabular(kwargs, state, x, log_det):
    for i in range(kwargs["num_coupling_layers"]):
        x, layer = vector_coupling(x, state, f"body.{i}", i % 2 == 1)
        log_det = log_det + layer
    return x, log_det


def single_scale(kwargs, state, x, log_det):
    cls = kwargs["cls"]
    kwargs = {key: value for key, value in kwargs.items() if key not in ("skip", "num_scales")}
    number = {"RealNVPMaskHorizontal3Layers": 3, "RealNVPSmall": 2}.get(cls, 8)
    for i in range(number):
        place = f"body.{2 + i}.0.module1"
        if cls == "RealNVPCycleMask":
            x, layer = quadrant_coupling(x, state, place, kwargs, i % 4, (i + 1) % 4)
        else:
            coupling = horizontal_coupling if "Horizontal" in cls else checkerboard_coupling
            x, layer = coupling(x, state, place, kwargs, i % 2 == 1)
        log_det = log_det + layer
    return x.flatten(1), log_det


def realnvp(kwargs, state, x, log_det):
    parts, index = [], 2

    def row(coupling, block, reverses):
        nonlocal x, log_det
        for i, reverse in enumerate(reverses):
            x, layer = coupling(x, state, f"body.{block}.{i}.module1", kwargs, reverse)
            log_det = log_det + layer

    for _ in range(kwargs.get("num_scales", 2) - 1):
        row(checkerboard_coupling, index, (False, True, False))
        x = pixel_unshuffle(x, 2)
        row(channel_coupling, index + 2, (False, True, False))
        x, leaving = x.chunk(2, 1)
        parts.append(leaving.flatten(1))
        index += 4
    row(checkerboard_coupling, index, (False, True, False))
    row(checkerboard_coupling, index + 1, (True,))
    return torch.cat([*parts, x.flatten(1)], 1), log_det


def glow(kwargs, state, x, log_det):
    parts, index, split = [], 2, kwargs.get("multi_scale", True)
    scales, steps = kwargs["num_scales"], kwargs["num_coupling_layers_per_scale"]
    for scale in range(scales):
        x = pixel_unshuffle(x, 2)
        for step in range(index + 1, index + 1 + steps):
            for i, layer in enumerate((actnorm, conv1x1)):
                x, layer_log_det = layer(x, state, f"body.{step}.{i}.module1")
                log_det = log_det + layer_log_det
            x, layer_log_det = channel_coupling(x, state, f"body.{step}.2.module1", kwargs, False)
            log_det = log_det + layer_log_det
        index += 1 + steps
        if split and scale < scales - 1:
            x, leaving = x.chunk(2, 1)
            parts.append(leaving.flatten(1))
            index += 1
    return torch.cat([*parts, x.flatten(1)], 1), log_det
