"""Heads over feature streams: published sizes and shapes, sliding equal to single windows, streams that are missing."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from touchline.models.networks.heads.calf import Calf
from touchline.models.networks.heads.context import ContextHead
from touchline.models.networks.heads.fusion import FUSIONS, FusedHead, PlainHead
from touchline.models.networks.heads.netvlad import NetVlad
from touchline.models.networks.heads.pooling import POOLS, PoolingHead
from touchline.models.specs.stream_outputs import NEVER, ChunkOutput, DenseOutput, WindowOutput, stream_weights
from touchline.training.family import count_parameters

HEADS: list[tuple[str, dict[str, Any]]] = [
    ("pooling", {"pool": "netvlad++", "window": 8, "clusters": 4}),
    ("calf", {"chunk": 32, "receptive_field": 8, "detections": 3}),
    ("context", {"window": 32, "inner": 16, "layers": 1, "heads": 2}),
]


def parameters(network: torch.nn.Module) -> int:
    return count_parameters(network)[0]


@pytest.mark.parametrize(
    ("width", "pool", "project", "expected"),
    [
        (2048, "netvlad++", 512, 1_704_466),
        (512, "netvlad++", None, 655_378),
        (2048, "netrvlad++", 512, 1_671_698),
        (512, "netrvlad++", None, 622_610),
        (512, "max", None, 9_234),
    ],
)
def test_pooling_heads_have_the_published_sizes(width: int, pool: Any, project: int | None, expected: int) -> None:
    assert parameters(PoolingHead(width, 17, pool=pool, project=project)) == expected


def test_calf_has_the_published_size_and_shapes() -> None:
    network = Calf(512, 17)
    assert parameters(network) == 578_245
    output = network(torch.zeros(2, 240, 512))
    assert output.segmentation.shape == (2, 240, 17)
    assert output.detections.shape == (2, 15, 19)
    assert bool((output.segmentation <= 1).all())
    assert torch.allclose(output.detections[..., 2:].sum(dim=2), torch.ones(2, 15))


def test_netvlad_by_hand() -> None:
    layer = NetVlad(2, clusters=2)
    with torch.no_grad():
        layer.clusters.copy_(torch.tensor([[100.0, 0.0], [0.0, 100.0]]))
        layer.clusters2.copy_(torch.tensor([[[0.5, 0.0], [0.0, 0.0]]]))
    # (3, 0) has length 1 as (1, 0) and belongs to the first cluster, 0.5 from its centre; (0, 2) to the second, 1 away
    pooled = layer(torch.tensor([[[3.0, 0.0], [0.0, 2.0]]]))
    assert torch.allclose(pooled, torch.tensor([[1.0, 0.0, 0.0, 1.0]]) / 2**0.5, atol=1e-6)


@pytest.mark.parametrize("pool", POOLS)
def test_sliding_windows_equal_single_ones(pool: Any) -> None:
    torch.manual_seed(0)
    head = PoolingHead(16, 3, pool=pool, window=10, clusters=4).eval()
    features = torch.randn(2, 70, 16)
    dense = head.dense(features).logits
    at = torch.arange(-5, 74).clamp(0, 69)
    windows = features[:, at].unfold(1, 10, 1).transpose(2, 3)
    single = torch.stack([head(one).logits[:, 1:] for one in windows])
    assert dense.shape == (2, 70, 3)
    assert torch.allclose(dense, single, atol=1e-5)


def test_only_plus_plus_heads_tell_before_from_after() -> None:
    torch.manual_seed(0)
    features = torch.randn(1, 10, 16)
    backwards = features.flip(1)
    for pool in POOLS:
        head = PoolingHead(16, 3, pool=pool, window=10, clusters=4).eval()
        same = torch.allclose(head(features).logits, head(backwards).logits, atol=1e-5)
        assert same is not pool.endswith("++")


def test_a_fresh_calf_keeps_the_size_of_what_it_sees() -> None:
    torch.manual_seed(0)
    network, sizes = Calf(64, 7, chunk=160, receptive_field=40).eval(), {}
    for name in ("conv_1", "conv_2", "conv_seg", "conv_spot_1", "conv_spot_2"):
        layer = network.get_submodule(name)
        layer.register_forward_hook(lambda _, __, out, name=name: sizes.__setitem__(name, float(out.detach().std())))
    with torch.inference_mode():
        network(torch.randn(4, 160, 64))
    assert all(0.3 < size < 6 for size in sizes.values()), sizes


def test_calf_places_detections_in_its_own_part_of_overlapping_chunks() -> None:
    network = Calf(4, 2, chunk=32, receptive_field=8, detections=3).eval()
    for count in (10, 32, 33, 100):
        logits = network.dense(torch.randn(1, count, 4)).logits
        assert logits.shape == (1, count, 2)
        assert count < 32 or bool((logits > NEVER).any())
    found = torch.tensor([[[0.9, 0.5, 0.8, 0.2], [0.4, 0.5, 1.0, 0.0], [0.8, 0.0, 0.0, 1.0]]])
    logits = torch.full((1, 32, 2), NEVER)
    network._place(logits, found, low=4, high=32)
    assert logits[0, 16].sigmoid().tolist() == pytest.approx([0.9 * 0.8, 0.9 * 0.2])
    assert int((logits > NEVER).sum()) == 2  # the third lies in the part that the chunk before has


@pytest.mark.parametrize("far", ["memory", "attention"])
def test_the_context_head_sees_far(far: Any) -> None:
    torch.manual_seed(0)
    head = ContextHead(4, 2, window=64, inner=16, heads=2, layers=1, far=far, kernel=3).eval()
    features = torch.randn(1, 64, 4, requires_grad=True)
    head(features).logits[0, 60].sum().backward()
    assert features.grad is not None
    assert float(features.grad[0, 2].abs().max()) > 0
    dense = head.dense(torch.randn(2, 150, 4))
    assert dense.logits.shape == (2, 150, 2)
    assert dense.displacement is not None
    assert float(dense.displacement.abs().max()) <= head.reach


def test_the_memory_is_a_running_mean_that_forgets() -> None:
    head = ContextHead(2, 1, inner=4, heads=2, layers=1, far="memory")
    memory: Any = head.blocks[0].far
    with torch.no_grad():
        for layer in (memory.enter, memory.out):
            layer.weight.copy_(torch.eye(4))
            layer.bias.zero_()
        for gate in (memory.gate, memory.keep):
            gate.weight.zero_()
            gate.bias.fill_(20.0)
        memory.log_span.copy_(torch.tensor([2.0, 2.0, 2.0, 2.0]).log())
    impulse = torch.zeros(1, 9, 4)  # relu leaves it, the inward gate is open, silu of 20 is 20
    impulse[0, 4] = 1
    out = memory(impulse)[0].detach() / 20
    scale = (1 - torch.exp(torch.tensor(-0.5))) ** 0.5
    expected = scale * torch.exp(-0.5 * torch.arange(5.0))
    assert torch.allclose(out[4:, 0], expected, atol=1e-5)
    assert torch.allclose(out[:5, 2].flip(0), expected, atol=1e-5)
    assert float(out[:4, 0].abs().max()) < 1e-5


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize(("head", "arguments"), HEADS, ids=[name for name, _ in HEADS])
def test_every_head_runs_under_every_fusion_with_any_stream_missing(
    fusion: Any, head: Any, arguments: dict[str, Any]
) -> None:
    torch.manual_seed(0)
    network = FusedHead({"a": 6, "b": 3}, 4, head=head, head_arguments=arguments, fusion=fusion, width=8)
    values = {"a": torch.randn(2, 32, 6), "b": torch.randn(2, 32, 3)}
    everywhere, nowhere = torch.ones(2, 32, dtype=torch.bool), torch.zeros(2, 32, dtype=torch.bool)
    for held in ((everywhere, everywhere), (everywhere, nowhere), (nowhere, everywhere), (nowhere, nowhere)):
        present = dict(zip("ab", held, strict=True))
        output = network(values, present)
        for tensor in _tensors(output):
            assert bool(torch.isfinite(tensor).all())
        assert bool(torch.isfinite(network.eval().dense(values, present).logits).all())
        network.train()


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize(("head", "arguments"), HEADS, ids=[name for name, _ in HEADS])
def test_what_is_missing_has_no_say(fusion: Any, head: Any, arguments: dict[str, Any]) -> None:
    torch.manual_seed(0)
    network = FusedHead({"a": 6, "b": 3}, 4, head=head, head_arguments=arguments, fusion=fusion, width=8).eval()
    here, gone = torch.ones(1, 32, dtype=torch.bool), torch.zeros(1, 32, dtype=torch.bool)
    a = torch.randn(1, 32, 6)
    answers = [
        network.dense({"a": a, "b": b}, {"a": here, "b": gone}).logits
        for b in (torch.zeros(1, 32, 3), torch.full((1, 32, 3), 1e6), torch.full((1, 32, 3), float("nan")))
    ]
    assert torch.equal(answers[0], answers[1])
    assert torch.equal(answers[0], answers[2])


def test_weights_of_streams_are_shared_among_those_present() -> None:
    preference = torch.tensor([[0.0], [0.0], [0.0]])
    present = torch.tensor([[True, True, False], [True, False, False], [True, True, False]])
    weights = stream_weights(preference, present)[:, :, 0]
    assert torch.allclose(weights.T, torch.tensor([[1 / 3, 1 / 3, 1 / 3], [0.5, 0.0, 0.5], [1 / 3, 1 / 3, 1 / 3]]))


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="pool='medium'"):
        PoolingHead(4, 2, pool="medium")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="window=7"):
        PoolingHead(4, 2, window=7)
    with pytest.raises(ValueError, match="chunk=30"):
        Calf(4, 2, chunk=30)
    with pytest.raises(ValueError, match="far='near'"):
        ContextHead(4, 2, far="near")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fusion='never'"):
        FusedHead({"a": 2}, 2, fusion="never")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be one"):
        PlainHead({"a": 2, "b": 2}, 2, head="calf")
    with pytest.raises(ValueError, match="33 samples are not a multiple"):
        FusedHead({"a": 2}, 2, head="pooling", head_arguments={"window": 8})(
            {"a": torch.zeros(1, 33, 2)}, {"a": torch.ones(1, 33, dtype=torch.bool)}
        )


def _tensors(output: WindowOutput | ChunkOutput | DenseOutput) -> list[torch.Tensor]:
    if isinstance(output, WindowOutput):
        return [output.logits]
    if isinstance(output, ChunkOutput):
        return [output.segmentation, output.detections]
    return [output.logits, *(part for part in (output.displacement, output.log_spread) if part is not None)]
