"""Recognition networks: the published numbers of weights, names and shapes, and what time does in them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from touchline.models.networks.r2plus1d import R2Plus1D
from touchline.models.networks.resnet import ResNet, TemporalAggregation
from touchline.models.networks.x3d import X3D


def weights(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(
    ("depth", "temporal", "count", "keys"),
    [
        (50, "tam", 24_366_992, 368),
        (101, "tam", 43_411_344, 725),
        (50, "none", 24_327_632, 320),
        (101, "none", 43_319_760, 626),
    ],
)
def test_resnets_have_the_published_weights(depth: int, temporal: str, count: int, keys: int) -> None:
    with torch.device("meta"):
        network = ResNet(400, depth=depth, temporal=temporal)
    assert weights(network) == count
    assert len(network.state_dict()) == keys


def test_expanded_heads_and_small_resnets_have_the_published_weights() -> None:
    with torch.device("meta"):
        teachers = [ResNet(400, depth=depth, temporal="tam", expanded_head=True) for depth in (50, 101)]
        student = ResNet(4, depth=18)
    assert [weights(teacher) for teacher in teachers] == [27_109_264, 46_153_616]
    assert weights(teachers[0].fc) == 3_561_872
    assert weights(student) == 11_178_564


def test_temporal_aggregation_does_nothing_to_a_single_picture() -> None:
    torch.manual_seed(0)
    tam = TemporalAggregation(4)
    nn.init.normal_(tam.prev_se.fc1.weight)
    nn.init.normal_(tam.next_se.fc1.weight)
    maps = torch.randn(3, 4, 5, 5)
    alone = tam(maps, 1)
    nn.init.zeros_(tam.prev_se.fc1.weight)
    nn.init.zeros_(tam.next_se.fc1.weight)
    assert torch.equal(tam(maps, 1), alone)


def test_the_order_of_pictures_counts_with_temporal_aggregation_only() -> None:
    torch.manual_seed(0)
    clips = torch.randn(1, 3, 8, 32, 32)
    plain = ResNet(4, depth=18).eval()
    torch.testing.assert_close(plain(clips), plain(clips.flip(2)), rtol=0, atol=1e-5)
    aggregating = ResNet(4, depth=18, temporal="tam").eval()
    for module in aggregating.modules():
        if isinstance(module, TemporalAggregation):
            nn.init.normal_(module.prev_se.fc1.weight)
    assert (aggregating(clips) - aggregating(clips.flip(2))).abs().max() > 1e-3


def test_eight_pictures_of_two_clips_give_two_rows() -> None:
    stacked = torch.randn(2, 24, 64, 64)  # the published layout: pictures along the channels
    clips = stacked.unflatten(1, (8, 3)).transpose(1, 2)
    with torch.inference_mode():
        assert ResNet(400, depth=50, temporal="tam").eval()(clips).shape == (2, 400)


def test_r2plus1d_has_the_published_weights() -> None:
    with torch.device("meta"):
        whole, ten = R2Plus1D(400), R2Plus1D(10)
    assert weights(whole) == 31_505_325 and len(whole.state_dict()) == 224
    assert weights(ten) == 31_305_255
    names = list(whole.state_dict())
    assert names[0] == "stem.0.weight" and names[-1] == "fc.bias"
    assert whole.state_dict()["layer2.0.conv1.0.3.weight"].shape == (128, 230, 3, 1, 1)


def test_r2plus1d_shrinks_as_published() -> None:
    network = R2Plus1D(10).eval()
    shapes = {}
    for name in ("stem", "layer2", "layer3", "layer4"):
        getattr(network, name).register_forward_hook(lambda _m, _i, y, name=name: shapes.update({name: y.shape[1:]}))
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 16, 176, 128)).shape == (1, 10)
    assert shapes["stem"] == (64, 16, 88, 64)
    assert shapes["layer2"] == (128, 8, 44, 32)
    assert shapes["layer3"] == (256, 4, 22, 16)
    assert shapes["layer4"] == (512, 2, 11, 8)


def test_x3d_has_the_published_weights_and_names() -> None:
    with torch.device("meta"):
        network = X3D(10)
    assert weights(network) == 2_995_164
    names = set(network.state_dict())
    assert {
        "blocks.0.conv.conv_xy.weight",
        "blocks.1.res_blocks.0.branch2.norm_b.1.block.2.bias",
        "blocks.5.pool.post_conv.weight",
        "blocks.5.proj.bias",
    } <= names
    assert "blocks.1.res_blocks.0.branch1_norm.weight" not in names  # as many channels go in as come out
    assert "blocks.1.res_blocks.1.branch2.norm_b.1.block.0.weight" not in names  # every second block squeezes


@pytest.mark.parametrize("network", [R2Plus1D(5), ResNet(5, depth=18), X3D(5)], ids=["r2plus1d", "resnet", "x3d"])
def test_classes_come_from_features(network: R2Plus1D | ResNet | X3D) -> None:
    clips = torch.randn(2, 3, 4, 32, 32)
    with torch.inference_mode():
        features = network.eval().forward_features(clips)
        assert features.shape == (2, network.feature_size)
        torch.testing.assert_close(network.classify(features), network(clips), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("wrong", [{"depth": 20}, {"temporal": "tsm"}])
def test_a_resnet_that_does_not_exist_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        ResNet(4, **wrong)
