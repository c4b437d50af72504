"""Acceptance checks 1-5 of the slow-fusion spotter, and parity of its encoder."""

from typing import Any

import numpy as np
import pytest
import torch

from touchline.media.sampling import fit_luma
from touchline.models.networks.efficientnet import EfficientNetV2, same_padding
from touchline.models.networks.slow_fusion import GeneralizedMean, SlowFusionSpotter, clip_offsets
from touchline.models.specs.protocols import SpottingNetwork
from touchline.models.specs.spec import FrameSpec
from touchline.spotting.engine import Plan


def count(module: Any) -> Any:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("frames", "classes", "parameters"),
    [(15, 2, 6_770_547), (15, 12, 6_783_357), (15, 15, 6_787_200), (33, 2, 6_773_619)],
)
def test_parameter_counts(frames: Any, classes: int, parameters: int) -> None:
    with torch.device("meta"):
        network = SlowFusionSpotter(classes, num_frames=frames)
    assert count(network) == parameters
    assert count(network.conv2d_encoder) == 5_610_384
    assert count(network.conv3d_encoder) == 1_070_688
    assert len(network.state_dict()) == 515


def test_reference_shapes() -> None:
    with torch.device("meta"):
        network = SlowFusionSpotter(2).eval()
        features = network.encode(torch.zeros(5, 3, 736, 1280))[None]
        assert features.shape == (1, 5, 192, 23, 40)
        assert network.fuse(features).shape == (1, 1280, 23, 40)
        assert network.decode(features).shape == (1, 2)
        assert network(torch.zeros(1, 15, 736, 1280)).shape == (1, 2)


@pytest.mark.parametrize(("frames", "first", "last"), [(15, 86, 114), (33, 68, 132)])
def test_clip_indices(frames: Any, first: int, last: int) -> None:
    indices = [100 + offset for offset in clip_offsets(frames)]
    assert (indices[0], indices[-1], len(indices)) == (first, last, frames)
    with torch.device("meta"):
        network = SlowFusionSpotter(2, num_frames=frames)
    assert isinstance(network, SpottingNetwork)
    assert [100 + f + s for f in network.feature_offsets for s in network.stack_offsets] == indices


@pytest.mark.parametrize(("frames", "first", "last"), [(15, 15, 984), (33, 33, 966)])
def test_outputs_of_1000_frames_when_ends_are_dropped(frames: Any, first: int, last: int) -> None:
    with torch.device("meta"):
        network = SlowFusionSpotter(2, num_frames=frames)
    plan = Plan(network.stack_offsets, network.feature_offsets, edge="drop")
    outputs = plan.outputs(1000)
    assert (outputs[0], outputs[-1]) == (first, last)


def test_720_white_rows_are_padded_to_736() -> None:
    frame = FrameSpec(width=1280, height=736, fps=25, stack_offsets=(0, 2, 4))
    fitted = fit_luma(np.full((720, 1280), 255, np.uint8), width=frame.width, height=frame.height)
    assert fitted.shape == (736, 1280)
    assert not fitted[:8].any()
    assert not fitted[728:].any()
    assert (fitted[8:728] == 255).all()


def test_names_of_published_tensors() -> None:
    with torch.device("meta"):
        state = SlowFusionSpotter(2).state_dict()
    for name, shape in {
        "conv2d_encoder.conv_stem.weight": (32, 3, 3, 3),
        "conv2d_encoder.blocks.0.0.conv.weight": (16, 32, 3, 3),
        "conv2d_encoder.blocks.1.0.conv_exp.weight": (64, 16, 3, 3),
        "conv2d_encoder.blocks.3.0.se.conv_reduce.bias": (12,),
        "conv2d_encoder.blocks.5.7.bn3.num_batches_tracked": (),
        "conv2d_projection.0.weight": (192, 192, 1, 1),
        "conv2d_projection.1.running_var": (192,),
        "conv3d_encoder.3.conv_pw.weight": (576, 192, 1, 1, 1),
        "conv3d_encoder.0.bn1.bn3d.weight": (576,),
        "conv3d_encoder.0.conv_dw.weight": (576, 1, 3, 3, 3),
        "conv3d_encoder.0.se.conv_reduce.weight": (24, 576, 1, 1, 1),
        "conv3d_projection.0.weight": (256, 192, 1, 1),
        "global_pool.p": (1,),
        "classifier.weight": (2, 1280),
    }.items():
        assert tuple(state[name].shape) == shape, name


def test_same_padding_puts_the_odd_zero_behind() -> None:
    assert same_padding(736, kernel=3, stride=2) == (0, 1)
    assert same_padding(23, kernel=3, stride=2) == (1, 1)
    assert same_padding(23, kernel=3, stride=1) == (1, 1)


def test_generalized_mean_lies_between_mean_and_maximum() -> None:
    x = torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(1, 1, 2, 2)
    assert GeneralizedMean(1.0)(x).item() == pytest.approx(2.5)
    assert GeneralizedMean(3.0)(x).item() == pytest.approx((100 / 4) ** (1 / 3), rel=1e-5)
    assert GeneralizedMean(200.0)(x / 4).item() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("frames", [4, 16, 14])
def test_clip_lengths_that_have_no_middle_are_refused(frames: Any) -> None:
    with pytest.raises(ValueError, match=f"num_frames={frames}"):
        SlowFusionSpotter(2, num_frames=frames)


def test_encoder_equals_timm() -> None:
    timm = pytest.importorskip("timm", reason="needs timm, which needs torchvision")
    theirs = timm.create_model("tf_efficientnetv2_b0", features_only=True, out_indices=[4]).eval()
    own = EfficientNetV2().eval()
    own.load_state_dict(theirs.state_dict())
    x = torch.rand(1, 3, 70, 101)
    with torch.inference_mode():
        assert torch.allclose(own(x), theirs(x)[-1], atol=1e-5)
