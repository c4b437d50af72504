"""VGGish's published weights become models; what does not fit is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from touchline.core.errors import InputError, UsageError
from touchline.features.sound_extractor import VggishExtractor, is_sound_model, load_sound_extractor
from touchline.listening.logmel import PATCHES, stream_patches
from touchline.models.importing.checkpoints import import_model
from touchline.models.networks.vggish import VGGish
from touchline.models.store import load_model


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four stages with the names of the whole network, in the format before PyTorch 1.6."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "vggish.pth"
    torch.save(VGGish(embedding=False).state_dict(), path, _use_new_zipfile_serialization=False)
    return path


def test_the_cut_network_is_imported_and_equal(weights: Path, tmp_path: Path) -> None:
    path = import_model(weights, architecture="vggish-conv4", name="vggish", out=tmp_path)
    loaded = load_model(path, task="sound-features")
    network, config = loaded.network, loaded.config
    assert (config.tap, config.patch, config.labels) == ("conv4", "0.5", ())
    for name, tensor in torch.load(weights, weights_only=True).items():
        assert torch.equal(network.state_dict()[name], tensor)
    extractor = load_sound_extractor(str(path))
    assert isinstance(extractor, VggishExtractor)
    assert (extractor.width, extractor.rate_hz) == (512, 2.0)
    assert is_sound_model(str(path))


def test_missing_weights_are_named(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"6 missing \[embeddings"):
        import_model(weights, architecture="vggish", out=tmp_path)


def test_components_need_the_numbers_they_turn(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="vggish-conv4"):
        import_model(weights, architecture="vggish-conv4", network={"pca": str(weights)}, out=tmp_path)
    with pytest.raises(InputError, match="pca_eigen_vectors"):
        import_model(weights, architecture="vggish", network={"pca": str(weights)}, out=tmp_path)


@pytest.mark.robustness("35")
def test_a_checkpoint_with_code_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple:
            return (print, ("harm",))

    torch.save({"features.0.weight": Evil()}, tmp_path / "evil.pth")
    with pytest.raises(InputError, match="refused"):
        import_model(tmp_path / "evil.pth", architecture="vggish-conv4", out=tmp_path)


def test_a_model_that_is_not_there_says_where_to_get_it() -> None:
    assert is_sound_model("vggish-of-mine")
    assert not is_sound_model("people-detector")
    with pytest.raises(InputError, match=r"models import vggish-10086976\.pth"):
        load_sound_extractor("vggish-of-mine")


def test_a_last_batch_that_is_not_full_stays_in_its_place(weights: Path, tmp_path: Path) -> None:
    """The published code wrote a last batch of fewer patches over correct rows; here every row is that of its patch."""
    path = import_model(weights, architecture="vggish-conv4", name="vggish", out=tmp_path)
    extractor = load_sound_extractor(str(path), device="cpu")
    sound = np.random.default_rng(0).standard_normal(19 * 8000).astype(np.float32) * 0.1
    patches = np.concatenate(list(stream_patches([sound], spec=PATCHES["0.5"])))
    rows = np.concatenate(list(extractor.stream([sound])))
    assert len(patches) == len(rows) == 19  # one batch of 16, and 3 more
    network = load_model(path, task="sound-features").network.eval()
    for number in (0, 15, 16, 18):
        with torch.inference_mode():
            alone = network(torch.from_numpy(patches[number][None]), tap="conv4")[0].numpy()
        assert np.abs(rows[number] - alone).max() < 1e-5
