"""Weights come out of every usual wrapper, whatever the order in which they are nested, for every architecture."""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from touchline.core.errors import InputError
from touchline.models.architectures import published
from touchline.models.importing.checkpoints import import_model, read_published
from touchline.models.importing.importer import Checkpoint
from touchline.models.importing.reading import read_checkpoint
from touchline.models.importing.wrappers import unwrapped, weights_in
from touchline.models.networks.encoders.efficientnet_lite import EfficientNetLite
from touchline.models.networks.heads.calf import Calf
from touchline.models.networks.heads.pooling import PoolingHead
from touchline.models.networks.pose_hg3d import PoseHG3D
from touchline.models.networks.r2plus1d import R2Plus1D
from touchline.models.networks.resnet import ResNet
from touchline.models.networks.slow_fusion import SlowFusionSpotter
from touchline.models.networks.vggish import VGGish
from touchline.models.networks.x3d import X3D

PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.", "backbone.", "_forward_module.")
DICTIONARIES = ("state_dict", "model", "model_state", "model_state_dict", "ema", "state_dict_ema", "net", "module")
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "slow-fusion": lambda: SlowFusionSpotter(num_classes=2),
    "pose-hg3d": lambda: PoseHG3D(joints=16, depth=18),
    "r2plus1d-18": lambda: R2Plus1D(4),
    "resnet-clip": lambda: ResNet(4, depth=18),
    "resnet-encoder": lambda: ResNet(0, depth=18),
    "efficientnet-lite": EfficientNetLite,
    "vggish": VGGish,
    "vggish-conv4": lambda: VGGish(embedding=False),
    "x3d": lambda: X3D(4),
    "plain-stream-head": lambda: PoolingHead(8, 3, pool="netvlad", clusters=2),
}


def small() -> ResNet:
    torch.manual_seed(0)
    return ResNet(4, depth=18)


def same(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return found.keys() == wanted.keys() and all(found[name] is wanted[name] for name in wanted)


@pytest.mark.robustness("35")
@pytest.mark.parametrize("architecture", sorted(NETWORKS))
def test_prefixes_nested_in_any_order_come_off(architecture: str, tried: Callable[[int], None]) -> None:
    with torch.device("meta"):
        state = NETWORKS[architecture]().state_dict()
    chains = [chain for length in range(4) for chain in itertools.permutations(PREFIXES, length)]
    for chain in chains:
        prefix = "".join(chain)
        wrapped = {prefix + name: tensor for name, tensor in state.items()}
        assert same(unwrapped(wrapped), state), prefix
    tried(len(chains))


def test_every_architecture_that_can_be_imported_is_tried() -> None:
    assert set(NETWORKS) == set(published())
    assert same(unwrapped(Calf(8, 3).state_dict()), {}) is False


@pytest.mark.parametrize(
    "keys", [*((key,) for key in DICTIONARIES), ("checkpoint", "model"), ("state", "model"), ("ema", "module")]
)
def test_dictionaries_around_the_weights_are_opened(keys: tuple[str, ...]) -> None:
    state = {"conv.weight": torch.ones(2)}
    content: Any = state
    for key in reversed(keys):
        content = {"epoch": 3, "optimizer": {"state": {}}, key: content, "best": 0.5}
    assert (weights_in(content) is state) == (keys[0] != "checkpoint")
    assert weights_in(state) is state and weights_in([1]) == [1]


def test_what_averages_losses_and_wrapped_parts_add_is_left_out() -> None:
    one, two = torch.ones(2), torch.zeros(2)
    number = torch.tensor(3)
    assert same(unwrapped({"n_averaged": number, "module.fc.weight": one}), {"fc.weight": one})
    assert same(unwrapped({"module.n_averaged": number, "module.module.fc.weight": one}), {"fc.weight": one})
    ema = {"online_model.fc.weight": two, "ema_model.fc.weight": one, "initted": number, "step": number}
    assert same(unwrapped(ema), {"fc.weight": one})
    assert same(unwrapped({"model.fc.weight": one, "criterion.weight": two}), {"fc.weight": one})
    parts = {"layer1._orig_mod.0.weight": one, "_fsdp_wrapped_module.layer2._fsdp_wrapped_module.weight": two}
    assert same(unwrapped(parts), {"layer1.0.weight": one, "layer2.weight": two})
    assert same(unwrapped({"backbone.conv1.weight": one, "fc.weight": two}), {"conv1.weight": one, "fc.weight": two})


def test_names_that_would_become_one_stay() -> None:
    both = {"model.fc.weight": torch.ones(2), "net.fc.weight": torch.zeros(2)}
    assert same(unwrapped(both), both)


@pytest.mark.robustness("35")
@pytest.mark.parametrize("kind", ["lightning", "swa", "compiled ddp", "ema", "safetensors"])
def test_wrapped_files_come_in(tmp_path: Path, kind: str) -> None:
    network = small().eval()
    state = network.state_dict()
    content: dict[str, Any] = {
        "lightning": {
            "epoch": 3,
            "state_dict": {f"model.{name}": tensor for name, tensor in state.items()},
            "optimizer_states": [{"state": {}}],
            "pytorch-lightning_version": "2.6.6",
        },
        "swa": AveragedModel(network).state_dict(),
        "compiled ddp": {f"_orig_mod.module.{name}": tensor for name, tensor in state.items()},
        "ema": {"ema": {"module": {f"module.{name}": tensor for name, tensor in state.items()}, "decay": 0.99}},
        "safetensors": {f"model.{name}": tensor for name, tensor in state.items()},
    }[kind]
    path = tmp_path / ("w.safetensors" if kind == "safetensors" else "w.ckpt")
    if kind == "safetensors":
        from safetensors.torch import save_file

        save_file(content, path)
    else:
        torch.save(content, path)
    loaded = read_published(path, architecture="resnet-clip", labels=["a", "b", "c", "d"])
    assert all(torch.equal(tensor, state[name]) for name, tensor in loaded.network.state_dict().items())


def test_a_prefix_that_is_not_known_is_named(tmp_path: Path) -> None:
    torch.save({f"encoder.trunk.{name}": tensor for name, tensor in small().state_dict().items()}, tmp_path / "w.pth")
    with pytest.raises(InputError, match=r"(?s)w\.pth.*encoder\.trunk"):
        import_model(tmp_path / "w.pth", architecture="r2plus1d-18", labels=["a", "b", "c", "d"], out=tmp_path)


@pytest.mark.robustness("35")
def test_tensors_that_the_file_does_not_hold_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save({"fc.weight": torch.ones(1).expand(10**6, 10**6)}, path)
    with pytest.raises(InputError, match="the file does not hold"):
        Checkpoint.read(path).state()


@pytest.mark.robustness("35")
def test_no_message_advises_to_load_unsafely(tmp_path: Path) -> None:
    import pickle
    import tarfile

    class Odd:
        pass

    paths = {name: tmp_path / name for name in ("plain.pt", "object.pt", "tar.pt", "torchscript.pt", "cut.pt")}
    paths["plain.pt"].write_bytes(pickle.dumps({"a": 1}))
    torch.save({"a": {1, 2}}, paths["object.pt"])
    with tarfile.open(paths["tar.pt"], "w") as archive:
        archive.add(paths["plain.pt"], "pickle")
    torch.jit.script(nn.Linear(2, 2)).save(str(paths["torchscript.pt"]))
    torch.save({"a": torch.ones(3)}, paths["cut.pt"])
    paths["cut.pt"].write_bytes(paths["cut.pt"].read_bytes()[:-40])
    for path in paths.values():
        with pytest.raises(InputError, match=path.name) as caught:
            read_checkpoint(path)
        assert "weights_only" not in str(caught.value) and "trusted source" not in str(caught.value)
    with pytest.raises(InputError, match=r"tar layout of PyTorch before 0\.1\.10"):
        read_checkpoint(paths["tar.pt"])
    with zipfile.ZipFile(tmp_path / "many.pt", "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02" + b"]" * 2_000_001 + b".")
    with pytest.raises(InputError, match="2,000,001 instructions"):
        read_checkpoint(tmp_path / "many.pt")
