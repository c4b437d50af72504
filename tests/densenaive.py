"""E2E-Spot and T-DEED written a second time, plainly: loops over time and channels, from tensors of published names.

``made_state`` invents a checkpoint with the names and shapes of the published ones.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

State = dict[str, Tensor]
WIDTHS, DEPTHS, GROUP, STEM = (16, 32, 48, 64), (1, 1, 1, 1), 8, 32
WIDTH = WIDTHS[-1]


class _Maker:
    """Tensors of random values."""

    def __init__(self, seed: int) -> None:
        self.state: State = {}
        self._random = torch.Generator().manual_seed(seed)

    def add(self, name: str, *shape: int, spread: float = 0.3, around: float = 0.0) -> None:
        self.state[name] = around + spread * torch.randn(shape, generator=self._random)

    def conv(self, name: str, *shape: int) -> None:
        self.add(f"{name}.weight", *shape, spread=1 / math.sqrt(math.prod(shape[1:])))

    def norm(self, name: str, channels: int) -> None:
        self.add(f"{name}.weight", channels, spread=0.2, around=1)
        self.add(f"{name}.bias", channels, spread=0.2)
        self.add(f"{name}.running_mean", channels, spread=0.2)
        self.state[f"{name}.running_var"] = 0.5 + torch.rand(channels, generator=self._random)
        self.state[f"{name}.num_batches_tracked"] = torch.tensor(7)

    def linear(self, name: str, outputs: int, *inside: int) -> None:
        self.conv(name, outputs, *inside)
        self.add(f"{name}.bias", outputs)


def made_state(
    *,
    shift: str,
    late: bool = False,
    pyramid: bool = False,
    heads: tuple[int, ...] = (3,),
    displacement: bool = False,
    team: bool = False,
    clip_length: int = 12,
    kernel: int = 3,
    wide: int = 9,
    levels: int = 2,
    seed: int = 0,
) -> State:
    """Return a checkpoint of a small encoder, ``shift`` "gsm" as E2E-Spot's, "gsf" as T-DEED's, "tsm" or ""."""
    make = _Maker(seed)
    make.conv("_features.stem.conv", STEM, 3, 3, 3)
    make.norm("_features.stem.bn", STEM)
    inputs = STEM
    for stage, (width, depth) in enumerate(zip(WIDTHS, DEPTHS, strict=True), start=1):
        for block in range(1, depth + 1):
            place = f"_features.s{stage}.b{block}"
            _block(make, place, inputs, width, shift=shift if stage > 2 or not late else "", pyramid=pyramid)
            inputs = width
    if pyramid:
        _pyramid(make, clip_length=clip_length, kernel=kernel, wide=wide, levels=levels)
    else:
        for end in ("", "_reverse"):
            for name, size in (("weight_ih", (3 * WIDTH, WIDTH)), ("weight_hh", (3 * WIDTH, WIDTH))):
                make.add(f"_pred_fine._gru.{name}_l0{end}", *size, spread=0.15)
            make.add(f"_pred_fine._gru.bias_ih_l0{end}", 3 * WIDTH)
            make.add(f"_pred_fine._gru.bias_hh_l0{end}", 3 * WIDTH)
    out = WIDTH if pyramid else 2 * WIDTH
    if len(heads) == 1:
        make.linear("_pred_fine._fc_out" if pyramid else "_pred_fine._fc_out._fc_out", 1 + heads[0], out)
    else:
        for number, labels in enumerate(heads, start=1):
            make.linear(f"_pred_fine._fc{number}._fc_out", 1 + labels, out)
    if displacement:
        make.linear("_pred_displ._fc_out", 1, out)
        make.state["_pred_displ._fc_out.weight"] *= 3
    if team:
        make.linear("_pred_team._fc_out", 1, out)
    return make.state


def _block(make: _Maker, place: str, inputs: int, width: int, *, shift: str, pyramid: bool) -> None:
    inner = f"{place}.conv1.net" if shift else f"{place}.conv1"
    if shift in ("gsm", "gsf"):
        fold, name = math.ceil(inputs // 4 / 4) * 4, f"{place}.conv1.{'gs' if pyramid else 'gsm'}"
        make.linear(f"{name}.conv3D", 2, fold // 2, 3, 3, 3)
        make.norm(f"{name}.bn", fold)
        if shift == "gsf":
            make.linear(f"{name}.channel_conv1", 1, 2, 3, 3)
            make.linear(f"{name}.channel_conv2", 1, 2, 3, 3)
    make.conv(f"{inner}.conv", width, inputs, 1, 1)
    make.norm(f"{inner}.bn", width)
    make.conv(f"{place}.conv2.conv", width, GROUP, 3, 3)
    make.norm(f"{place}.conv2.bn", width)
    make.linear(f"{place}.se.fc1", round(inputs * 0.25), width, 1, 1)
    make.linear(f"{place}.se.fc2", width, round(inputs * 0.25), 1, 1)
    make.conv(f"{place}.conv3.conv", width, width, 1, 1)
    make.norm(f"{place}.conv3.bn", width)
    make.conv(f"{place}.downsample.conv", width, inputs, 1, 1)
    make.norm(f"{place}.downsample.bn", width)


def _pyramid(make: _Maker, *, clip_length: int, kernel: int, wide: int, levels: int) -> None:
    make.add("temp_enc", clip_length, WIDTH)
    sizes = {"psi": kernel, "convw": kernel, "convkw": wide, "fc": 1, "global_fc": 1}
    for number in range(2 * levels + 1):
        place = f"_temp_fine._sgp.{number}"
        for name, size in sizes.items():
            make.linear(f"{place}.{name}", WIDTH, 1, size)
        _rest(make, place, norms=("ln",))
    for number in range(levels):
        place = f"_temp_fine._sgpMixer.{number}"
        for side in ("1", "2"):
            for name, size in sizes.items():
                make.linear(f"{place}.{name}{side}", WIDTH, 1, size)
        make.linear(f"{place}.concat_fc", WIDTH, 6 * WIDTH, 1)
        _rest(make, place, norms=("ln1", "ln2"))


def _rest(make: _Maker, place: str, *, norms: tuple[str, ...]) -> None:
    for norm in norms:
        make.add(f"{place}.{norm}.weight", 1, WIDTH, 1, spread=0.2, around=1)
        make.add(f"{place}.{norm}.bias", 1, WIDTH, 1)
    make.add(f"{place}.gn.weight", WIDTH, spread=0.2, around=1)
    make.add(f"{place}.gn.bias", WIDTH)
    make.linear(f"{place}.mlp.0", 4 * WIDTH, WIDTH, 1)
    make.linear(f"{place}.mlp.2", WIDTH, 4 * WIDTH, 1)


def naive(state: State, pictures: Tensor) -> dict[str, Tensor]:
    """Return what a checkpoint says of one clip (t, 3, h, w), normalised: logits of all heads, one after another."""
    x = _conv_norm(state, "_features.stem", pictures, stride=2)
    for stage, depth in enumerate(DEPTHS, start=1):
        for block in range(1, depth + 1):
            x = _naive_block(state, f"_features.s{stage}.b{block}", x, stride=2 if block == 1 else 1)
    features = torch.stack([frame.flatten(1).mean(1) for frame in x])
    if "temp_enc" in state:
        mixed = _naive_pyramid(state, features)
        heads = ["_pred_fine._fc_out"] if "_pred_fine._fc_out.bias" in state else ["_pred_fine._fc1._fc_out"]
        heads += ["_pred_fine._fc2._fc_out"] if "_pred_fine._fc2._fc_out.bias" in state else []
    else:
        mixed, heads = _naive_gru(state, features), ["_pred_fine._fc_out._fc_out"]
    said = {"classes": torch.cat([_linear(state, head, mixed) for head in heads], dim=1)}
    for name in ("displ", "team"):
        if f"_pred_{name}._fc_out.bias" in state:
            said[name] = _linear(state, f"_pred_{name}._fc_out", mixed)
    return said


def _linear(state: State, name: str, x: Tensor) -> Tensor:
    return x @ state[f"{name}.weight"].reshape(len(state[f"{name}.bias"]), -1).T + state[f"{name}.bias"]


def _norm(state: State, name: str, x: Tensor) -> Tensor:
    """Batch norm of frames (t, c, h, w)."""
    out = torch.empty_like(x)
    for channel in range(x.shape[1]):
        scale = state[f"{name}.weight"][channel] / (state[f"{name}.running_var"][channel] + 1e-5).sqrt()
        centred = x[:, channel] - state[f"{name}.running_mean"][channel]
        out[:, channel] = centred * scale + state[f"{name}.bias"][channel]
    return out


def _conv_norm(state: State, name: str, x: Tensor, *, stride: int = 1, groups: int = 1, act: bool = True) -> Tensor:
    weight = state[f"{name}.conv.weight"]
    y = _norm(state, f"{name}.bn", F.conv2d(x, weight, None, stride, weight.shape[-1] // 2, groups=groups))
    return y.clamp(min=0) if act else y


def _naive_block(state: State, place: str, x: Tensor, *, stride: int) -> Tensor:
    y, inner = x, f"{place}.conv1"
    if f"{inner}.net.conv.weight" in state:
        y, inner = _naive_shift(state, inner, x), f"{inner}.net"
    y = _conv_norm(state, inner, y)
    y = _conv_norm(state, f"{place}.conv2", y, stride=stride, groups=y.shape[1] // GROUP)
    squeezed = _linear(state, f"{place}.se.fc1", y.flatten(2).mean(2)).clamp(min=0)
    y = y * torch.sigmoid(_linear(state, f"{place}.se.fc2", squeezed))[:, :, None, None]
    y = _conv_norm(state, f"{place}.conv3", y, act=False)
    return (y + _conv_norm(state, f"{place}.downsample", x, stride=stride, act=False)).clamp(min=0)


def _naive_shift(state: State, inner: str, x: Tensor) -> Tensor:
    frames, channels = x.shape[:2]
    kind = next((kind for kind in ("gsm", "gs") if f"{inner}.{kind}.bn.weight" in state), None)
    out = x.clone()
    if kind is None:  # a plain shift: an eighth of the channels from the next frame, an eighth from the one before
        eighth = channels // 8
        for frame in range(frames):
            out[frame, :eighth] = x[frame + 1, :eighth] if frame + 1 < frames else 0
            out[frame, eighth : 2 * eighth] = x[frame - 1, eighth : 2 * eighth] if frame else 0
        return out
    name = f"{inner}.{kind}"
    fold = len(state[f"{name}.bn.weight"])
    half = fold // 2
    seen = _norm(state, f"{name}.bn", x[:, :fold]).clamp(min=0)
    for group in range(2):
        mine = slice(group * half, (group + 1) * half)
        goes, stays = torch.zeros_like(x[:, mine]), torch.zeros_like(x[:, mine])
        for frame in range(frames):
            gate = _gate(state, name, seen[:, mine], frame=frame, group=group)
            stays[frame] = x[frame, mine] - gate * x[frame, mine]
            target = frame - 1 if group == 0 else frame + 1
            if 0 <= target < frames:
                goes[target] = gate * x[frame, mine]
        mixed = goes + stays
        if f"{name}.channel_conv1.weight" in state:
            share = _share(state, f"{name}.channel_conv{group + 1}", goes, stays)
            mixed = goes * share + stays * (1 - share)
        for channel in range(half):  # two halves of each group are interleaved
            out[:, group * half + (channel % (half // 2)) * 2 + channel // (half // 2)] = mixed[:, channel]
    return out


def _gate(state: State, name: str, seen: Tensor, *, frame: int, group: int) -> Tensor:
    weight, total = state[f"{name}.conv3D.weight"][group], state[f"{name}.conv3D.bias"][group]
    gate = torch.zeros(seen.shape[2:]) + total
    for tap in range(3):
        if 0 <= frame + tap - 1 < len(seen):
            gate = gate + F.conv2d(seen[None, frame + tap - 1], weight[None, :, tap], padding=1)[0, 0]
    return torch.tanh(gate)


def _share(state: State, name: str, goes: Tensor, stays: Tensor) -> Tensor:
    """The share of what moved, (t, c, 1, 1), from a convolution over channels and time of the means."""
    frames, channels = goes.shape[:2]
    means = [goes.flatten(2).mean(2), stays.flatten(2).mean(2)]
    share = torch.zeros(frames, channels) + state[f"{name}.bias"]
    for frame in range(frames):
        for channel in range(channels):
            for down in (-1, 0, 1):
                for along in (-1, 0, 1):
                    if 0 <= channel + down < channels and 0 <= frame + along < frames:
                        for which in range(2):
                            weight = state[f"{name}.weight"][0, which, down + 1, along + 1]
                            share[frame, channel] += weight * means[which][frame + along, channel + down]
    return torch.sigmoid(share)[:, :, None, None]


def _naive_gru(state: State, features: Tensor) -> Tensor:
    directions = []
    for end in ("", "_reverse"):
        w_in, w_h, b_in, b_h = (
            state[f"_pred_fine._gru.{name}_l0{end}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        hidden, outputs = torch.zeros(WIDTH), {}
        order = range(len(features)) if not end else reversed(range(len(features)))
        for moment in order:
            from_input, from_hidden = w_in @ features[moment] + b_in, w_h @ hidden + b_h
            reset = torch.sigmoid(from_input[:WIDTH] + from_hidden[:WIDTH])
            update = torch.sigmoid(from_input[WIDTH : 2 * WIDTH] + from_hidden[WIDTH : 2 * WIDTH])
            new = torch.tanh(from_input[2 * WIDTH :] + reset * from_hidden[2 * WIDTH :])
            hidden = (1 - update) * new + update * hidden
            outputs[moment] = hidden
        directions.append(torch.stack([outputs[moment] for moment in range(len(features))]))
    return torch.cat(directions, dim=1)


def _naive_pyramid(state: State, features: Tensor) -> Tensor:
    levels = len({name.split(".")[2] for name in state if name.startswith("_temp_fine._sgpMixer.")})
    x = (features + state["temp_enc"][: len(features)]).T
    passed = []
    for level in range(levels):
        x = _naive_layer(state, f"_temp_fine._sgp.{level}", x)
        passed.append(x)
        count = math.ceil(len(features) / 2 ** (level + 1))
        cuts = [(i * x.shape[1] // count, math.ceil((i + 1) * x.shape[1] / count)) for i in range(count)]
        x = torch.stack([x[:, low:high].max(1).values for low, high in cuts], dim=1)
    x = _naive_layer(state, f"_temp_fine._sgp.{levels}", x)
    for step, level in enumerate(reversed(range(levels)), start=1):
        x = _naive_mixer(state, f"_temp_fine._sgpMixer.{level}", passed[level], x)
        x = _naive_layer(state, f"_temp_fine._sgp.{levels + step}", x)
    return x.T


def _depthwise(state: State, name: str, x: Tensor) -> Tensor:
    weight, bias, out = state[f"{name}.weight"], state[f"{name}.bias"], torch.zeros_like(x)
    reach = weight.shape[-1] // 2
    for channel in range(len(x)):
        for moment in range(x.shape[1]):
            value = bias[channel]
            for tap in range(weight.shape[-1]):
                if 0 <= moment + tap - reach < x.shape[1]:
                    value = value + weight[channel, 0, tap] * x[channel, moment + tap - reach]
            out[channel, moment] = value
    return out


def _layer_norm(state: State, name: str, x: Tensor) -> Tensor:
    columns = []
    for moment in range(x.shape[1]):
        centred = x[:, moment] - x[:, moment].mean()
        columns.append(centred / (centred.square().mean() + 1e-5).sqrt())
    return torch.stack(columns, dim=1) * state[f"{name}.weight"][0] + state[f"{name}.bias"][0]


def _group_norm(state: State, name: str, x: Tensor) -> Tensor:
    size, out = len(x) // 16, torch.empty_like(x)
    for group in range(16):
        part = x[group * size : (group + 1) * size]
        centred = part - part.mean()
        out[group * size : (group + 1) * size] = centred / (centred.square().mean() + 1e-5).sqrt()
    return out * state[f"{name}.weight"][:, None] + state[f"{name}.bias"][:, None]


def _dense(state: State, place: str, x: Tensor) -> Tensor:
    hidden = F.gelu(_linear(state, f"{place}.mlp.0", _group_norm(state, f"{place}.gn", x).T))
    return x + _linear(state, f"{place}.mlp.2", hidden).T


def _views(state: State, place: str, x: Tensor, *, side: str = "") -> tuple[Tensor, Tensor]:
    near, wide = _depthwise(state, f"{place}.convw{side}", x), _depthwise(state, f"{place}.convkw{side}", x)
    stretch = (near + wide) * _depthwise(state, f"{place}.psi{side}", x)
    overall = _depthwise(state, f"{place}.global_fc{side}", x.mean(1, keepdim=True)).clamp(min=0)
    return stretch, _depthwise(state, f"{place}.fc{side}", x) * overall


def _naive_layer(state: State, place: str, x: Tensor) -> Tensor:
    normed = _layer_norm(state, f"{place}.ln", x)
    stretch, instant = _views(state, place, normed)
    return _dense(state, place, x + instant + stretch + normed)


def _naive_mixer(state: State, place: str, fine: Tensor, coarse: Tensor) -> Tensor:
    fine, coarse = _layer_norm(state, f"{place}.ln1", fine), _layer_norm(state, f"{place}.ln2", coarse)
    moments, last = fine.shape[1], coarse.shape[1] - 1
    columns = []
    for moment in range(moments):  # a line through the coarse moments, the first and last on the first and last
        at = moment * last / (moments - 1)
        low = min(int(at), last)
        high = min(low + 1, last)
        columns.append(coarse[:, low] * (1 - (at - low)) + coarse[:, high] * (at - low))
    coarse = torch.stack(columns, dim=1)
    fine_stretch, fine_instant = _views(state, place, fine, side="1")
    coarse_stretch, coarse_instant = _views(state, place, coarse, side="2")
    joined = torch.cat([fine_stretch, coarse_stretch, fine_instant, coarse_instant, fine, coarse])
    return _dense(state, place, F.gelu(_linear(state, f"{place}.concat_fc", joined.T).T))
