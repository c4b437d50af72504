"""VGGish: its tensors are the published ones, its taps, its post-processing."""

from __future__ import annotations

import pytest
import torch

from touchline.models.networks.vggish import VGGish

PUBLISHED = {
    "features.0.weight": (64, 1, 3, 3),
    "features.3.weight": (128, 64, 3, 3),
    "features.6.weight": (256, 128, 3, 3),
    "features.8.weight": (256, 256, 3, 3),
    "features.11.weight": (512, 256, 3, 3),
    "features.13.weight": (512, 512, 3, 3),
    "embeddings.0.weight": (4096, 12288),
    "embeddings.2.weight": (4096, 4096),
    "embeddings.4.weight": (128, 4096),
}
"""torchvggish's weights; each has a bias."""


def small(*, seed: int = 0) -> VGGish:
    torch.manual_seed(seed)
    return VGGish(embedding=False).eval()


def test_names_and_shapes_are_those_of_torchvggish() -> None:
    with torch.device("meta"):
        network = VGGish(whitening=True)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    biases = {name.replace("weight", "bias"): shape[:1] for name, shape in PUBLISHED.items()}
    pproc = {"pproc.pca_eigen_vectors": (128, 128), "pproc.pca_means": (128, 1)}
    assert shapes == {**PUBLISHED, **biases, **pproc}


def test_the_cut_network_has_the_published_size() -> None:
    assert sum(p.numel() for p in small().parameters()) == 4_499_712


@pytest.mark.parametrize("frames", [46, 96, 8])
def test_the_512_numbers_come_from_any_patch(frames: int) -> None:
    assert small()(torch.randn(2, frames, 64), tap="conv4").shape == (2, 512)


def test_the_512_numbers_are_means_over_the_fourth_stage() -> None:
    network = small()
    patches = torch.randn(2, 46, 64)
    hidden = patches[:, None]
    for layer in list(network.features)[:15]:  # to the activation of conv4_2, before its pooling
        hidden = layer(hidden)
    assert hidden.shape == (2, 512, 5, 8)
    assert torch.allclose(network(patches, tap="conv4"), hidden.mean(dim=(2, 3)))


def test_maps_are_flattened_as_tensorflow_does() -> None:
    """Time, then frequency, then channels, the last fastest."""
    with torch.device("meta"):
        network = VGGish()
    network.features = torch.nn.Sequential(torch.nn.MaxPool2d(16), torch.nn.Identity())
    kept: list[torch.Tensor] = []
    network.embeddings = torch.nn.Sequential(torch.nn.Flatten())
    network.embeddings.register_forward_hook(lambda module, given, out: kept.append(given[0]))
    patches = torch.arange(96.0)[None, :, None] * 100 + torch.arange(64.0)
    network(patches)
    assert kept[0].shape == (1, 6 * 4)
    assert kept[0][0, :5].tolist() == [1515.0, 1531.0, 1547.0, 1563.0, 3115.0]


def test_the_128_numbers_are_never_negative() -> None:
    torch.manual_seed(0)
    with torch.no_grad():
        out = VGGish().eval()(torch.randn(1, 96, 64))
    assert out.shape == (1, 128)
    assert (out >= 0).all()


def test_whitening_turns_clips_and_rounds() -> None:
    from touchline.models.networks.vggish import Whitening

    whitening = Whitening()
    whitening.pca_means.data += 1.0
    whitening.pca_eigen_vectors.data = torch.eye(128).flip(0)
    embeddings = torch.zeros(1, 128)
    embeddings[0, :4] = torch.tensor([1.0, 3.0, 100.0, -5.0])
    out = whitening(embeddings)[0].flip(0)
    assert out[:4].tolist() == [128.0, 255.0, 255.0, 0.0]  # 0 -> round(127.5), half to even
    assert out[4] == 64.0


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="whitening"):
        VGGish(embedding=False, whitening=True)
    with pytest.raises(ValueError, match="tap='conv4'"):
        small()(torch.zeros(1, 96, 64))
    with pytest.raises(ValueError, match=r"\(1, 7, 64\)"):
        small()(torch.zeros(1, 7, 64), tap="conv4")
    with torch.device("meta"):
        whole = VGGish()
        with pytest.raises(ValueError, match="46 frames"):
            whole(torch.zeros(1, 46, 64))
