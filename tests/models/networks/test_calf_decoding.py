"""CALF's detections become scores as its published code makes them; the procedure is written out here sample by sample.

The rows and weights of the run that gave 86 detections of 1,000 rows are not known, so what is compared is the
procedure: the same network on the same rows, decoded by the steps below and by the head.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from touchline.core.events import Event
from touchline.formats.features.vectors import FeatureInfo, Features
from touchline.models.networks.heads.calf import ABSENT, Calf
from touchline.models.networks.heads.fusion import PlainHead
from touchline.models.specs.stream_spec import StreamHeadConfig, StreamSpec, SuppressionSpec
from touchline.spotting.stream_spotter import StreamSpotter

RATE_HZ = 2.0
LABELS = tuple(f"class-{number}" for number in range(17))
SMALL = {"chunk": 32, "receptive_field": 8, "detections": 6}


def made(width: int, *, seed: int = 0, **arguments: int) -> Calf:
    """A network that decodes as published, with weights that spread its detections over time and classes."""
    torch.manual_seed(seed)
    network = Calf(width, 17, decoding="argmax", **arguments)
    with torch.no_grad():
        network.conv_conf.weight.normal_(std=0.1)
        network.conv_class.weight.normal_(std=0.1)
    return network.eval()


def published_curve(network: Calf, features: torch.Tensor) -> np.ndarray:
    """The published procedure on features (t, width): scores (t, classes), -1 where there is no detection."""
    count, chunk, margin = len(features), network.chunk, network.receptive_field // 2
    step = chunk - 2 * margin
    cuts = [[min(start + i, count - 1) for i in range(chunk)] for start in range(0, count - 1, step)]
    cuts[-1] = list(range(count - chunk, count))
    long = np.full((count, network.num_classes), -1.0)
    start, last = 0, False
    for rows in cuts:
        with torch.inference_mode():
            found = network(features[rows][None]).detections[0].numpy()
        short = np.full((chunk, network.num_classes), -1.0)
        for confidence, position, *classes in found:
            short[int(np.floor(np.float32(position) * np.float32(chunk - 1))), int(np.argmax(classes))] = confidence
        if start == 0:
            long[: chunk - margin] = short[: chunk - margin]
        elif last:
            long[start + margin : start + chunk] = short[margin:]
            break
        else:
            long[start + margin : start + chunk - margin] = short[margin : chunk - margin]
        start += step
        if start + chunk >= count:
            start, last = count - chunk, True
    return long


def suppressed(curve: np.ndarray, *, window: int) -> dict[tuple[int, int], float]:
    """The published suppression: {(sample, class): score}."""
    left, kept = curve.copy(), {}
    for column in range(curve.shape[1]):
        while left[:, column].max() >= 0:
            peak = int(left[:, column].argmax())
            kept[peak, column] = float(left[peak, column])
            left[max(peak - window // 2, 0) : min(peak + window // 2, len(left)), column] = -1
    return kept


def spotter(network: Calf, *, width: int) -> StreamSpotter:
    head = PlainHead({"picture": width}, 17, head="calf", head_arguments={"decoding": "argmax"})
    head.head = network
    config = StreamHeadConfig(
        name="calf",
        architecture="plain-stream-head",
        labels=LABELS,
        streams=(StreamSpec(name="picture", width=width),),
        rate_hz=RATE_HZ,
        suppression=SuppressionSpec(window_s=20.0, floor=1e-20),
    )
    return StreamSpotter(head, config)


def place(event: Event) -> tuple[int, int]:
    return round(event.start_us * RATE_HZ / 1e6), LABELS.index(event.label)


@pytest.mark.parametrize("rows", [1000, 900])
def test_a_thousand_rows_give_the_detections_of_the_published_procedure(rows: int) -> None:
    network = made(64)
    features = torch.randn(rows, 64)
    curve = published_curve(network, features)
    wanted = suppressed(curve, window=40)
    found = spotter(network, width=64).spot({"picture": Features(features.numpy(), FeatureInfo("made", RATE_HZ))})
    assert 15 < len(wanted) <= (curve >= 0).sum() <= 90
    assert {place(event) for event in found.timeline} == set(wanted)
    assert max(abs(event.confidence - wanted[place(event)]) for event in found.timeline) < 2e-6
    assert sum(event.confidence != pytest.approx(0.5, abs=0.2) for event in found.timeline) > 5


@pytest.mark.parametrize("count", [33, 40, 57, 58, 64, 72, 73, 80, 81, 96, 97, 98, 104, 105, 200])
def test_curves_are_the_published_ones_at_any_length(count: int) -> None:
    network = made(8, seed=count, **SMALL)
    features = torch.randn(count, 8)
    wanted = published_curve(network, features)
    found = network.dense(features[None]).logits[0]
    assert ((found > ABSENT) == torch.from_numpy(wanted >= 0)).all()
    scores = found.double().sigmoid().numpy()
    assert np.abs(np.where(wanted < 0, 0, wanted) - scores).max() < 2e-6


def test_the_last_detection_at_a_place_wins_and_is_worth_its_confidence() -> None:
    network = Calf(4, 2, decoding="argmax", chunk=32, receptive_field=8, detections=3).eval()
    detections = torch.tensor(
        [[[0.9, 0.5, 0.6, 0.4], [0.3, 0.5, 0.7, 0.3], [0.8, 1.0, 0.2, 0.8]]]  # confidence, position, two classes
    )
    logits = torch.zeros(1, 32, 2)
    network._place_published(logits, detections, low=0, high=32)
    scores = logits.double().sigmoid()[0]
    assert scores[15, 0] == pytest.approx(0.3)  # floor(0.5 * 31), not floor(0.5 * 32); 0.9 came before
    assert scores[31, 1] == pytest.approx(0.8)
    assert int((logits > ABSENT).sum()) == 2


def test_shared_decoding_counts_for_every_class_and_keeps_the_stronger() -> None:
    network = Calf(4, 2, chunk=32, receptive_field=8, detections=3).eval()
    assert network.decoding == "shared"
    detections = torch.tensor([[[0.9, 0.5, 0.6, 0.4], [0.3, 0.5, 0.7, 0.3], [0.8, 1.0, 0.2, 0.8]]])
    logits = torch.full((1, 32, 2), -12.0)
    network._place(logits, detections, low=0, high=32)
    assert logits.sigmoid()[0, 16].tolist() == pytest.approx([0.54, 0.36])
    with pytest.raises(ValueError, match="decoding='best'"):
        Calf(4, 2, decoding="best")  # type: ignore[arg-type]


def test_a_short_stretch_is_one_chunk() -> None:
    network = made(8, **SMALL)
    for count in (1, 20, 32):
        logits = network.dense(torch.randn(1, count, 8)).logits
        assert logits.shape == (1, count, 17)
        assert torch.isfinite(logits).all()
