"""Pose networks: shapes, what heat maps are read as, and published weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tinypose import NETWORK
from touchline.core.errors import InputError
from touchline.core.poses import MIRROR
from touchline.goalkeeping.pose_finder import load_pose_finder
from touchline.models.importing.checkpoints import import_model
from touchline.models.networks.pose_hg3d import PoseHG3D
from touchline.models.networks.pose_net import (
    PeakReader,
    PoseMaps,
    PoseNet,
    PoseReader,
    expected_places,
    strongest_places,
)


def test_maps_have_a_quarter_of_the_size() -> None:
    maps = PoseNet(**NETWORK).eval()(torch.rand(2, 3, 96, 64))  # type: ignore[arg-type]
    assert maps.heat.shape == maps.depth.shape == (2, 16, 24, 16)
    assert maps.seen.shape == (2, 17)
    with pytest.raises(ValueError, match="joints=0"):
        PoseNet(joints=0)


def test_a_peak_is_read_at_the_middle_of_its_cell_with_its_depth() -> None:
    heat = torch.full((1, 1, 16, 16), -20.0)
    heat[0, 0, 3, 12] = 20.0
    depth = torch.zeros(1, 1, 16, 16)
    depth[0, 0, 3, 12] = 0.25
    wanted = [12.5 / 16, 3.5 / 16, 0.25]
    places, share = strongest_places(heat, depth)
    assert places[0, 0].tolist() == pytest.approx(wanted, abs=1e-5) and share.item() == pytest.approx(1, abs=1e-4)
    assert expected_places(heat, depth)[0, 0].tolist() == pytest.approx(wanted, abs=1e-4)


def test_of_two_peaks_the_stronger_is_read_and_its_share_told() -> None:
    heat = torch.full((1, 1, 16, 16), -30.0)
    heat[0, 0, 2, 2], heat[0, 0, 12, 12] = np.log(0.7), np.log(0.3)
    places, share = strongest_places(heat, torch.zeros_like(heat))
    assert places[0, 0, :2].tolist() == pytest.approx([2.5 / 16, 2.5 / 16], abs=1e-4)
    assert share.item() == pytest.approx(0.7, abs=1e-4)


class _Sided(torch.nn.Module):
    """Finds joint 0 where the picture is brightest, joint 5 at its left edge."""

    def forward(self, crops: torch.Tensor) -> PoseMaps:
        heat = torch.nn.functional.avg_pool2d(crops.mean(1, keepdim=True), 4).repeat(1, 16, 1, 1) * 50
        return PoseMaps(heat, torch.zeros_like(heat), torch.zeros(len(crops), 17))


def test_looking_twice_brings_mirrored_sides_together() -> None:
    pixels = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    pixels[0, 8:12, 48:52] = 255
    places, _, seen = PoseReader(_Sided(), mirror=MIRROR)(pixels)
    assert places.shape == (1, 16, 3) and seen.shape == (1, 17)
    assert places[0, :, 0] == pytest.approx(torch.full((16,), 50 / 64), abs=0.02)
    assert places[0, :, 1] == pytest.approx(torch.full((16,), 10 / 64), abs=0.02)


def test_peaks_of_values_are_read_as_posehg3d_reads_them() -> None:
    class Fixed(torch.nn.Module):
        def forward(self, crops: torch.Tensor) -> PoseMaps:
            heat = torch.zeros(1, 16, 64, 64)
            heat[0, :, 20, 40] = 0.6
            depth = torch.full((1, 16, 64, 64), -0.125)
            return PoseMaps(heat, depth, torch.full((1, 17), torch.nan))

    places, share, seen = PeakReader(Fixed(), mirror=MIRROR)(torch.zeros(1, 256, 256, 3, dtype=torch.uint8))
    assert places[0, 4].tolist() == pytest.approx([40 / 64, 20 / 64, -0.125])
    assert share[0].tolist() == pytest.approx([0.6] * 16) and seen.min() == 1


def test_published_weights_are_imported_and_run(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = PoseHG3D(depth=18)
    assert {"hm.weight", "depth.bias", "deconv_layers.7.running_var", "layer4.1.conv2.weight"} <= set(
        network.state_dict()
    )
    torch.save({"epoch": 3, "state_dict": network.state_dict()}, tmp_path / "fusion_3d_var.pth")
    path = import_model(tmp_path / "fusion_3d_var.pth", architecture="pose-hg3d", out=tmp_path / "models")
    finder = load_pose_finder(str(path), device="cpu", backend="torch")
    assert finder.name == "fusion_3d_var"
    pose = finder.find([np.full((60, 40, 3), 90, np.uint8)])[0]
    assert pose.joints_px.shape == (16, 2)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save({"state_dict": {"fc.weight": torch.zeros(2, 2)}}, tmp_path / "other.pth")
    with pytest.raises(InputError, match="not PoseHG3D weights"):
        import_model(tmp_path / "other.pth", architecture="pose-hg3d", out=tmp_path)
    state = PoseHG3D(depth=18).state_dict()
    state["layer3.7.conv1.weight"] = torch.zeros(1)
    torch.save(state, tmp_path / "odd.pth")
    with pytest.raises(InputError, match="no known network has blocks"):
        import_model(tmp_path / "odd.pth", architecture="pose-hg3d", out=tmp_path)
