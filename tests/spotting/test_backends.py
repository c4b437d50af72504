"""Every backend gives the same scores; the spotter chooses among them and says why."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tinyspotter import FRAME, moving_noise, naive_scores, tiny_config, tiny_network
from touchline.core.errors import ResourceError, UsageError
from touchline.models.exporting.graphs import export_model
from touchline.models.store import save_model
from touchline.spotting import spotter as spotter_module
from touchline.spotting.spotter import load_spotter

FRAMES = 60


@pytest.fixture(scope="module")
def network() -> Any:
    return tiny_network(tiny_config())


@pytest.fixture(scope="module")
def model(network: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("model") / "tiny", network, tiny_config())


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return moving_noise(FRAMES, seed=7)


@pytest.mark.parametrize(("backend", "package"), [("torch", "torch"), ("openvino", "openvino"), ("onnx", "onnx")])
def test_backends_equal_window_by_window(
    network: Any, model: Path, pictures: np.ndarray, backend: Any, package: str
) -> None:
    pytest.importorskip(package)
    spotter = load_spotter(model, device="cpu", backend=backend, flip=True, threads=1)
    assert spotter.backend_name == backend
    scores = spotter.scores(enumerate(pictures))
    naive = naive_scores(network, pictures, flip=True)
    expected = np.array(list(naive.values()))
    assert len(scores) == FRAMES
    assert np.ptp(expected) > 0.3
    assert np.abs(scores.values[min(naive) : max(naive) + 1] - expected).max() <= 1e-4
    assert scores.times_us[:3].tolist() == [0, 40_000, 80_000]


@pytest.mark.slow
def test_a_compiled_network_gives_the_same_scores(model: Path, pictures: np.ndarray) -> None:
    plain, compiled = (
        load_spotter(model, device="cpu", backend="torch", threads=1, compiled=wanted) for wanted in (False, True)
    )
    expected = plain.scores(enumerate(pictures)).values
    assert np.abs(compiled.scores(enumerate(pictures)).values - expected).max() <= 1e-4


def test_an_openvino_stream_taken_up_again_gives_the_same_bits(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spotter_module, "CHUNK_OUTPUTS", 32)
    spotter = load_spotter(model, device="cpu", backend="openvino", threads=1)
    pictures = moving_noise(100, seed=5)
    whole = spotter.scores(enumerate(pictures)).values
    first = spotter.first_frame_needed(64)
    assert first > 0
    rest = spotter.stream(((i, pictures[i]) for i in range(first, 100)), start_index=64)
    assert np.array_equal(np.concatenate([chunk.values for chunk in rest]), whole[64:])


def test_pictures_of_another_size_are_letterboxed(model: Path) -> None:
    spotter = load_spotter(model, device="cpu", backend="torch", threads=1)
    pictures = moving_noise(40, seed=5)
    larger = pictures.repeat(2, axis=1).repeat(2, axis=2)
    difference = spotter.scores(enumerate(larger)).values - spotter.scores(enumerate(pictures)).values
    assert np.abs(difference).max() < 0.2


def test_events_follow_the_models_rules(model: Path, pictures: np.ndarray) -> None:
    spotter = load_spotter(model, device="cpu", backend="torch", threads=1)
    scores = spotter.scores(enumerate(pictures))
    events = spotter.events(scores)
    assert all(event.source == "tiny" and event.confidence >= 0.2 for event in events)
    assert len(spotter.events(scores, thresholds={"PASS": 1.0, "DRIVE": 1.0})) == 0


def test_onnx_graphs_equal_the_network_at_any_batch(network: Any, pictures: np.ndarray, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    encoder, decoder, config = export_model(network, tiny_config(), tmp_path, format="onnx")
    assert [path.name for path in (encoder, decoder, config)] == ["tiny-encoder.onnx", "tiny-decoder.onnx", "tiny.json"]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    encode, decode = (onnxruntime.InferenceSession(path, options) for path in (encoder, decoder))
    middle = 30
    stacks = np.stack([pictures[[middle + f + s for s in FRAME.stack_offsets]] for f in network.feature_offsets])
    features = encode.run(["features"], {"pixels": stacks})[0]
    logits = decode.run(["logits"], {"windows": features[None]})[0]
    expected = naive_scores(network, pictures)[middle]
    assert 1 / (1 + np.exp(-logits[0])) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("backend", ["openvino", "onnx"])
def test_a_missing_backend_package_is_named(model: Path, monkeypatch: pytest.MonkeyPatch, backend: Any) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name != "torch" else True)
    with pytest.raises(ResourceError, match=f"pip install {backend}"):
        load_spotter(model, device="cpu", backend=backend)
    assert load_spotter(model, device="cpu", threads=1).backend_name == "torch"


def test_unknown_devices_and_backends_are_refused(model: Path) -> None:
    with pytest.raises(UsageError, match="'tpu'"):
        load_spotter(model, device="tpu")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="'tensorrt'"):
        load_spotter(model, device="cpu", backend="tensorrt")  # type: ignore[arg-type]


def test_the_device_is_explained(model: Path) -> None:
    assert load_spotter(model, device="cpu", backend="torch", threads=1).device_reason == "cpu: requested; torch"


def test_cuda_without_a_device_is_refused(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ResourceError, match="no CUDA device"):
        load_spotter(model, device="cuda")
    assert "no CUDA device" in load_spotter(model, backend="torch", threads=1).device_reason


@pytest.mark.gpu
def test_cuda_is_near_the_cpu(network: Any, model: Path, pictures: np.ndarray) -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    spotter = load_spotter(model, device="cuda")
    naive = naive_scores(network, pictures)
    values = spotter.scores(enumerate(pictures)).values[min(naive) : max(naive) + 1]
    assert np.abs(values - np.array(list(naive.values()))).mean() < 0.05
