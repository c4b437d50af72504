"""Pictures to features: pictures prepared as the references do, batches that do not matter, weights that must fit."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from tinymodel import write_tiny_model
from touchline.cli.main import app
from touchline.core.errors import InputError, ResourceError
from touchline.features.picture_extractor import FeatureExtractor, fit_for_encoder, load_feature_extractor
from touchline.models.importing.checkpoints import read_encoder
from touchline.models.networks.resnet import ResNet
from touchline.models.runtime.graphs import torch_graph
from touchline.models.runtime.runner import Runner
from touchline.models.specs.spec import IMAGENET_MEAN, IMAGENET_STD, EncoderConfig, EncoderSpec
from touchline.models.store import save_model

SPEC = EncoderSpec(width=224, height=224)


def picture(width: int = 398, height: int = 224, seed: int = 0) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (9, 16, 3), np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))


@pytest.fixture(scope="module")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ResNet]:
    """A ResNet-18 with random weights as torch.save writes them, with the classes of ImageNet."""
    torch.manual_seed(0)
    network = ResNet(1000, depth=18).eval()
    path = tmp_path_factory.mktemp("weights") / "resnet18-f37072fd.pth"
    torch.save(network.state_dict(), path)
    return path, network


@pytest.fixture(scope="module")
def builtin() -> FeatureExtractor:
    return load_feature_extractor("builtin", device="cpu", backend="torch", batch=2)


def test_crop_is_soccernets() -> None:
    rgb = picture(1281, 720)
    scaled = cv2.resize(rgb, (int(1281 * 224 / 720), 224), interpolation=cv2.INTER_AREA)
    left = int((scaled.shape[1] - 224) / 2)
    assert np.array_equal(fit_for_encoder(rgb, spec=SPEC), scaled[:, left : left + 224])


def test_resize_is_soccernets() -> None:
    rgb = picture(1280, 720)
    spec = SPEC.model_copy(update={"fit": "resize", "interpolation": "cubic"})
    assert np.array_equal(fit_for_encoder(rgb, spec=spec), cv2.resize(rgb, (224, 224), interpolation=cv2.INTER_CUBIC))


def test_pad_keeps_all_of_it() -> None:
    spec = SPEC.model_copy(update={"fit": "pad"})
    padded = fit_for_encoder(np.full((200, 400, 3), 255, np.uint8), spec=spec)
    assert padded.shape == (224, 224, 3)
    assert (padded[56:168] == 255).all() and not padded[:56].any() and not padded[168:].any()


@pytest.mark.parametrize("size", [(224, 224), (225, 224), (100, 300), (300, 100), (1, 1), (2000, 3)])
@pytest.mark.parametrize("fit", ["crop", "resize", "pad"])
def test_every_shape_of_picture_fits(size: tuple[int, int], fit: str) -> None:
    spec = SPEC.model_copy(update={"fit": fit})
    assert fit_for_encoder(picture(*size), spec=spec).shape == (224, 224, 3)


def test_features_of_published_weights(resnet: tuple[Path, ResNet]) -> None:
    path, network = resnet
    extractor = load_feature_extractor(str(path), device="cpu", backend="torch", batch=3)
    pictures = [picture(seed=seed) for seed in range(4)]
    prepared = np.stack([fit_for_encoder(rgb, spec=SPEC) for rgb in pictures])
    normalised = (torch.from_numpy(prepared).float() / 255 - torch.tensor(IMAGENET_MEAN)) / torch.tensor(IMAGENET_STD)
    with torch.inference_mode():
        wanted = network.picture_features(normalised.permute(0, 3, 1, 2)).numpy()
    assert extractor.width == 512 and extractor.name == "resnet18-f37072fd"
    assert np.allclose(extractor.features(pictures), wanted, atol=1e-4)
    assert extractor.features([]).shape == (0, 512)


def test_openvino_agrees_with_torch(resnet: tuple[Path, ResNet]) -> None:
    path, _ = resnet
    pictures = [picture(seed=seed) for seed in range(3)]
    torched = load_feature_extractor(str(path), device="cpu", backend="torch").features(pictures)
    compiled = load_feature_extractor(str(path), device="cpu", backend="openvino", threads=1).features(pictures)
    assert np.abs(torched - compiled).max() < 1e-3 * np.abs(torched).max()
    fast = load_feature_extractor(str(path), device="cpu", backend="openvino", threads=1, precision="bf16")
    assert fast.arithmetic == "openvino bf16" and fast.settings["arithmetic"] == "openvino bf16"
    assert np.corrcoef(torched.ravel(), fast.features(pictures).ravel())[0, 1] > 0.999


def test_the_builtin_encoder_sees_places(builtin: FeatureExtractor) -> None:
    pictures = [picture(640, 360, seed=seed) for seed in range(3)]
    features = builtin.features(pictures)
    assert features.shape == (3, 1280) and builtin.name == "people-detector"
    assert np.allclose(features[2], builtin.features(pictures[2:])[0], atol=1e-5), "neighbours in a batch do not matter"
    mirrored = builtin.features([np.ascontiguousarray(pictures[0][:, ::-1])])[0]
    assert not np.allclose(features[0], mirrored, atol=1e-2)


def test_a_fit_of_ones_own(resnet: tuple[Path, ResNet]) -> None:
    extractor = load_feature_extractor(str(resnet[0]), device="cpu", backend="torch", fit="resize")
    assert extractor.spec.fit == "resize" and extractor.spec.interpolation == "cubic"
    assert extractor.settings["picture"]["fit"] == "resize"


def test_other_files_of_weights(resnet: tuple[Path, ResNet], tmp_path: Path) -> None:
    _, network = resnet
    state = {name: tensor for name, tensor in network.state_dict().items() if "num_batches" not in name}
    torch.save({"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}}, tmp_path / "wrapped.pth")
    save_file(state, tmp_path / "plain.safetensors")
    for name in ("wrapped.pth", "plain.safetensors"):
        model = read_encoder(tmp_path / name)
        again, config = model.network, model.config
        assert config.network == {"depth": 18} and again.feature_size == 512
        assert torch.equal(again.layer4[1].conv2.weight, network.layer4[1].conv2.weight)  # type: ignore[index, union-attr]
    del state["layer3.1.bn1.weight"]
    save_file(state, tmp_path / "missing.safetensors")
    with pytest.raises(InputError, match=r"1 missing \[layer3\.1\.bn1\.weight\]"):
        read_encoder(tmp_path / "missing.safetensors")
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="not the weights of a ResNet"):
        read_encoder(tmp_path / "other.safetensors")


def test_encoders_can_be_kept_as_models(resnet: tuple[Path, ResNet], tmp_path: Path) -> None:
    model = read_encoder(resnet[0])
    network, config = model.network, model.config
    path = save_model(tmp_path / "mine", network, config)
    extractor = load_feature_extractor(str(path), device="cpu", backend="torch")
    assert extractor.width == 512 and extractor.name == config.name
    with pytest.raises(ValueError, match="labels"):
        EncoderConfig(**{**config.model_dump(), "labels": ("a",)})


def test_imported_encoders_have_names(
    resnet: tuple[Path, ResNet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    words = ["models", "import", str(resnet[0]), "--architecture", "resnet-encoder", "--name", "resnet18", "--json"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert load_feature_extractor("resnet18", device="cpu", backend="torch").name == "resnet18"
    for verb in (["list"], ["show", "resnet18"]):
        assert CliRunner().invoke(app, ["models", *verb]).exit_code == 0


def test_what_is_missing_is_told_with_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"resnet152: touchline ships no weights .* models import"):
        load_feature_extractor("resnet152")
    with pytest.raises(InputError, match="no model is called 'nothing'"):
        load_feature_extractor("nothing")
    with pytest.raises(InputError, match="does not compute features of pictures"):
        load_feature_extractor(str(write_tiny_model(tmp_path)))
    (tmp_path / "broken.safetensors").write_bytes(b"x" * 50)
    with pytest.raises(InputError, match="damaged"):
        load_feature_extractor(str(tmp_path / "broken.safetensors"))


def test_a_batch_too_large_for_the_gpu_is_halved() -> None:
    sizes = []

    class Greedy(torch.nn.Module):
        """Has room for two pictures."""

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            sizes.append(len(pixels))
            if len(pixels) > 2:
                raise torch.OutOfMemoryError("no room")
            return pixels.float().mean((1, 2))

    pixels = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 3), np.uint8)
    (values,) = torch_graph(Greedy(), device=torch.device("cpu"), channels_last=True)(pixels)
    assert np.allclose(values, pixels.mean((1, 2)), atol=1e-4) and sizes[0] == 7 and min(sizes) >= 1

    class Full(torch.nn.Module):
        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            raise torch.OutOfMemoryError("no room")

    with pytest.raises(ResourceError, match="one picture does not fit on cpu"):
        torch_graph(Full(), device=torch.device("cpu"), channels_last=True)(pixels)


def test_a_feature_that_is_no_number_is_never_written() -> None:
    runner = Runner(lambda pixels: (np.full((len(pixels), 2), np.nan, np.float32),), 2, "cpu: a test")
    config = EncoderConfig(name="bad", architecture="none", picture=SPEC)
    extractor = FeatureExtractor(config, runner=runner, width=2)
    with pytest.raises(ResourceError, match="bad returned a feature that is not finite"):
        extractor.features([picture()])
