"""Published heads come in whole, of every kind; the real checkpoints run where they are at hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from touchline.core.errors import InputError, UsageError
from touchline.core.labels import LABEL_SETS
from touchline.formats.features.vectors import FeatureInfo, Features
from touchline.models.importing.checkpoints import import_model
from touchline.models.networks.heads.calf import Calf
from touchline.models.networks.heads.fusion import PlainHead
from touchline.models.networks.heads.pooling import PoolingHead
from touchline.models.store import load_model
from touchline.spotting.stream_spotter import spot_streams

SHARED = Path(__file__).parents[4] / "shared" / "data" / "soccernet"
PUBLISHED = FeatureInfo("ResNET_TF2_PCA512", 2.0, published=True)


def import_head(path: Path, **options: Any) -> Path:
    return import_model(path, architecture="plain-stream-head", **options)


def _save(folder: Path, state: dict[str, Any]) -> Path:
    path = folder / "model.pth.tar"
    torch.save({"epoch": 3, "state_dict": state, "best_loss": 0.1, "optimizer": {"state": {}}}, path)
    return path


@pytest.mark.parametrize("pool", ["max", "netvlad", "netrvlad", "max++", "netvlad++", "netrvlad++"])
@pytest.mark.parametrize("project", [None, 512])
def test_pooling_heads_of_every_kind_come_in(tmp_path: Path, pool: Any, project: int | None) -> None:
    width = 1024 if project else 512
    torch.manual_seed(0)
    head = PoolingHead(width, 17, pool=pool, project=project, clusters=8).eval()
    unseen = {} if "vlad" in pool else {"network": {"pool": pool}}
    path = import_model(_save(tmp_path, head.state_dict()), name="head", out=tmp_path, **unseen)
    loaded = load_model(path, task="spot-streams")
    network, config = loaded.network, loaded.config
    assert network.head.pool == pool
    assert network.head.window == (40 if pool == "max" and project is None else 30)
    assert config.suppression.window_s == (20 if pool == "max" and project is None else 30)
    assert config.suppression.floor == 0
    assert config.labels[0] == "Penalty"
    assert config.streams[0].width == width
    own = head.state_dict()
    assert all(torch.equal(value, own[key.removeprefix("head.")]) for key, value in network.state_dict().items())


def test_calf_comes_in(tmp_path: Path) -> None:
    head = Calf(512, 17)
    path = import_head(_save(tmp_path, head.state_dict()), out=tmp_path)
    loaded = load_model(path, task="spot-streams")
    network, config = loaded.network, loaded.config
    assert (network.head.chunk, network.head.receptive_field, network.head.detections) == (240, 80, 15)
    assert config.suppression.window_s == 20


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    head = PoolingHead(512, 17, pool="max")
    with pytest.raises(InputError, match="has 17 classes"):
        import_head(_save(tmp_path, head.state_dict()), labels=["a"], out=tmp_path)
    with pytest.raises(InputError, match="not a known head"):
        import_head(_save(tmp_path, {"layer.weight": torch.zeros(2)}), out=tmp_path)
    more = {**PoolingHead(512, 17).state_dict(), "other": torch.zeros(1)}
    with pytest.raises(InputError, match="1 unexpected"):
        import_head(_save(tmp_path, more), out=tmp_path)
    odd = {"conv_seg.weight": torch.zeros(2, 2), "conv_conf.weight": torch.zeros(2)}
    with pytest.raises(InputError, match="missing or misshapen"):
        import_head(_save(tmp_path, odd), out=tmp_path)
    torch.save({"weights": 1}, tmp_path / "x.pth")
    with pytest.raises(InputError, match="under 'state_dict'"):
        import_head(tmp_path / "x.pth", out=tmp_path)


def _first_netvlad(state: dict[str, torch.Tensor], clip: torch.Tensor) -> torch.Tensor:
    """What the first NetVLAD head says of a clip (t, width), written out from its paper."""
    x = F.normalize(clip, dim=1)
    shares = (x @ state["pool_layer.conv.weight"][:, :, 0, 0].T).softmax(dim=1)
    residuals = x[:, None] - state["pool_layer.centroids"]
    vlad = (shares[:, :, None] * residuals).sum(dim=0)
    pooled = F.normalize(F.normalize(vlad, dim=1).flatten(), dim=0)
    return state["fc.weight"] @ pooled + state["fc.bias"]


def test_the_first_netvlad_heads_arrangement_is_turned_into_ours(tmp_path: Path) -> None:
    torch.manual_seed(0)
    state = {
        "pool_layer.centroids": torch.rand(4, 512),
        "pool_layer.conv.weight": torch.randn(4, 512, 1, 1),
        "fc.weight": torch.randn(4, 2048),
        "fc.bias": torch.randn(4),
    }
    loaded = load_model(import_head(_save(tmp_path, state), out=tmp_path), task="spot-streams")
    network, config = loaded.network, loaded.config
    assert config.streams[0].model == "ResNET_TF2_PCA512"
    clip = torch.randn(40, 512)
    assert torch.allclose(network.head(clip[None]).logits[0], _first_netvlad(state, clip), atol=1e-4)
    assert config.labels == LABEL_SETS["soccernet-v1"].outputs == ("y-card", "subs", "soccer-ball")


def _assumed(path: Path, **options: Any) -> tuple[PlainHead, Any, list[str]]:
    lines: list[str] = []
    model = load_model(import_head(path, out=path.parent / "out", assumed=lines.append, **options), task="spot-streams")
    return model.network, model.config, lines


@pytest.mark.parametrize("project", [None, 512])
@pytest.mark.parametrize("pool", ["max", "mean", "max++", "mean++"])
def test_pooling_without_weights_is_asked_for(tmp_path: Path, pool: Any, project: int | None) -> None:
    head = PoolingHead(2048 if project else 512, 17, pool=pool, project=project)
    path = _save(tmp_path, head.state_dict())
    end = "++" if pool.endswith("++") else ""
    with pytest.raises(UsageError, match=re.escape(f"--network pool=max{end} or --network pool=mean{end}")):
        import_head(path, out=tmp_path)
    network, _, lines = _assumed(path, network={"pool": pool, "window": 30})
    assert (network.head.pool, network.head.window) == (pool, 30)
    assert [line.split()[0] for line in lines] == ["suppression"]


@pytest.mark.parametrize(
    ("name", "pool"),
    [("MAXPOOL_v1.pth.tar", "max"), ("head-avg.pth.tar", "mean"), ("Pooling_Average/model.pth.tar", "mean")],
)
def test_pooling_is_taken_from_the_name_and_the_assumptions_are_lines(tmp_path: Path, name: str, pool: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    torch.save({"state_dict": PoolingHead(512, 17, pool="max").state_dict()}, path)
    network, config, lines = _assumed(path)
    assert (network.head.pool, network.head.window, config.suppression.window_s) == (pool, 40, 20.0)
    assert lines[0].startswith(f"pool={pool}, from the name")
    assert lines[1].startswith("window=40, 20 s at 2 rows per second")
    assert "--network window=30 for 15 s" in lines[1]
    assert lines[2].startswith("suppression window_s=20 floor=0, as published")


def test_average_pooling_scores_as_average_pooling(tmp_path: Path) -> None:
    """Read as max pooling over 20 s, such a head's scores were up to 0.58 off."""
    torch.manual_seed(0)
    head = PoolingHead(512, 17, pool="mean", window=30).eval()
    network, _, _ = _assumed(_save(tmp_path, head.state_dict()), network={"pool": "mean", "window": 30})
    rows = torch.randn(1, 100, 512)
    window = rows[:, 35:65].mean(dim=1) @ head.fc.weight.T + head.fc.bias
    found = network.dense({"picture": rows}, {"picture": torch.ones(1, 100, dtype=torch.bool)}).logits[0, 50]
    assert torch.allclose(found, window[0, 1:], atol=1e-5)


def test_window_and_suppression_are_options(tmp_path: Path) -> None:
    path = _save(tmp_path, PoolingHead(512, 17, pool="netvlad++", clusters=8).state_dict())
    network, config, lines = _assumed(
        path, network={"window": 40}, suppression={"window_s": 60, "floor": 0.25, "kind": "soft"}
    )
    assert network.head.window == 40
    assert (config.suppression.window_s, config.suppression.floor, config.suppression.kind) == (60, 0.25, "soft")
    assert lines == []
    for options, message in (
        ({"network": {"window": 29}}, "even number of rows"),
        ({"network": {"window": "15s"}}, "window=15s"),
        ({"network": {"pool": "max"}}, r"tensors are those of pool=netvlad\+\+"),
        ({"network": {"pooling": "max"}}, "did you mean 'pool'"),
        ({"suppression": {"floor": 2}}, "--suppression floor"),
        ({"suppression": {"windows": 2}}, "--suppression windows"),
    ):
        with pytest.raises(UsageError, match=message):
            import_head(path, out=tmp_path, **options)


def test_calf_decodes_as_published_unless_asked_otherwise(tmp_path: Path) -> None:
    path = _save(tmp_path, Calf(512, 17).state_dict())
    network, config, lines = _assumed(path)
    assert network.head.decoding == "argmax"
    assert 0 < config.suppression.floor < 1e-12
    assert lines[0].startswith("decoding=argmax, as published")
    network, config, _ = _assumed(path, network={"decoding": "shared"})
    assert (network.head.decoding, config.suppression.floor) == ("shared", 0.01)
    for options, message in (
        ({"decoding": "best"}, "argmax or shared"),
        ({"window": 30}, "CALF takes decoding="),
    ):
        with pytest.raises(UsageError, match=message):
            import_head(path, out=tmp_path, network=options)


def test_heads_come_out_of_wrappers_and_without_any(tmp_path: Path) -> None:
    head = Calf(16, 3)
    state = head.state_dict()
    for number, content in enumerate(
        [
            state,
            {f"module.{name}": tensor for name, tensor in state.items()},
            {"state_dict": {f"model.{name}": tensor for name, tensor in state.items()}, "hyper_parameters": {"a": 1}},
            {"model": {f"_orig_mod.module.{name}": tensor for name, tensor in state.items()}},
        ]
    ):
        path = tmp_path / f"{number}.pth"
        torch.save(content, path)
        loaded = load_model(import_model(path, labels=["a", "b", "c"], out=tmp_path), task="spot-streams")
        assert torch.equal(loaded.network.head.conv_1.weight, state["conv_1.weight"])


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="the published checkpoints are not beside the repository")
@pytest.mark.parametrize(
    ("file", "pool", "classes"),
    [("maxpool_v1", "max", 3), ("maxpool_v2", "max", 17), ("netvlad_v1", "netvlad", 3)],
)
def test_the_real_checkpoints_come_in_and_run(tmp_path: Path, file: str, pool: str, classes: int) -> None:
    source = SHARED / f"{file}.pth.tar"
    path = import_model(source, out=tmp_path)
    loaded = load_model(path, task="spot-streams")
    network, config = loaded.network, loaded.config
    assert (network.head.pool, len(config.labels)) == (pool, classes)
    random = np.random.default_rng(0)
    features = Features(random.standard_normal((600, 512)).astype(np.float32), PUBLISHED)
    found = spot_streams({"picture": features}, path, device="cpu")
    assert found.scores.values.shape == (600, classes)
    assert any("uncalibrated scores" in remark for remark in found.remarks)
    assert config.streams[0].model == "ResNET_TF2_PCA512"  # as the logs of their training say
    older = Features(features.values, FeatureInfo("ResNET_PCA512", 2.0, published=True))
    assert any("these are ResNET_PCA512" in r for r in spot_streams({"picture": older}, path, device="cpu").remarks)
    others = Features(features.values, FeatureInfo("another", 2.0))
    assert any("train a head on them" in r for r in spot_streams({"picture": others}, path, device="cpu").remarks)
    if pool == "netvlad":
        state = torch.load(source, map_location="cpu", weights_only=True)["state_dict"]
        clip = torch.from_numpy(np.asarray(features.values[:40]))
        assert torch.allclose(network.head(clip[None]).logits[0], _first_netvlad(state, clip), atol=1e-3)
