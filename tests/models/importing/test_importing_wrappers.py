"""Weights come out of every usual wrapper, whatever the order in which they are nested, for every architecture."""

from __future__ import annotations

import itertools
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from densenaive import made_state
from touchline.core.errors import InputError, UsageError
from touchline.models.architectures import named, published
from touchline.models.importing.checkpoints import import_model, read_published
from touchline.models.importing.importer import Checkpoint, Wanted
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
    "dense-spotter": lambda: Published(made_state(shift="gsm")),
}


class Published(nn.Module):
    """Tensors under published names that differ from this package's."""

    def __init__(self, state: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.state = state

    def state_dict(self, *_: Any, **__: Any) -> Any:
        return self.state


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


def wrapped_at_random(state: dict[str, torch.Tensor], random: Random) -> Any:
    """The weights inside up to five wrappers of any kind, in any order; never a second set of weights."""
    content: Any = dict(state)
    for _ in range(random.randint(0, 5)):
        flat = all(isinstance(value, torch.Tensor) for value in content.values())
        kind = random.choice(["prefix", "average", "criterion"] if flat and random.random() < 0.7 else ["dictionary"])
        if kind == "prefix":
            prefix = random.choice(PREFIXES)
            content = {prefix + name: tensor for name, tensor in content.items()}
        elif kind == "average":
            content = {"n_averaged": torch.tensor(7), **{f"module.{name}": each for name, each in content.items()}}
        elif kind == "criterion":
            content = {**{f"model.{name}": each for name, each in content.items()}, "criterion.weight": torch.ones(3)}
        else:
            beside = random.choice(
                [
                    {},
                    {"epoch": 3, "optimizer": {"state": {0: {"exp_avg": torch.zeros(2)}}}},
                    {"hyper_parameters": {"lr": 0.1}, "pytorch-lightning_version": "2.6.6", "loops": {"fit_loop": {}}},
                    {"optimizer_states": [{"state": {}}], "lr_schedulers": [], "global_step": 7},
                ]
            )
            content = {**beside, random.choice(DICTIONARIES): content}
    return content


@pytest.mark.robustness("35")
@pytest.mark.parametrize("architecture", sorted(NETWORKS))
def test_every_importer_sees_through_wrappers_nested_at_random(architecture: str, tried: Callable[[int], None]) -> None:
    with torch.device("meta"):
        state = NETWORKS[architecture]().state_dict()
    random = Random(architecture)
    for number in range(150):
        content = wrapped_at_random(state, random)
        found = Checkpoint(Path("w.pth"), content)
        assert same(found.state(), state), (number, list(content)[:5])
    tried(150)


@pytest.mark.parametrize("architecture", sorted(set(NETWORKS) - {"slow-fusion"}))
def test_every_importer_recognises_the_same_in_a_wrapper(architecture: str, tmp_path: Path) -> None:
    state = NETWORKS[architecture]().state_dict()
    importer = named(published()[architecture].importer)
    labels = {"labels": list("abc" if architecture in ("plain-stream-head", "dense-spotter") else "abcd")}
    wanted = Wanted(architecture=architecture, name="w", **(labels if "labels" in importer.takes else {}))
    path = tmp_path / "max" / "w.pth"
    deep = {"epoch": 1, "state_dict": {f"_orig_mod.module.model.{name}": each for name, each in state.items()}}
    alone, inside = (importer.recognise(Checkpoint(path, content), wanted) for content in (state, deep))
    assert alone.config == inside.config
    assert same(inside.weights, alone.weights)


def both_copies() -> dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Files with the weights as trained and their average: content, raw weights, averaged weights."""
    raw = {"conv1.weight": torch.zeros(3), "fc.weight": torch.zeros(2)}
    average = {name: torch.ones_like(tensor) for name, tensor in raw.items()}

    def under(prefix: str, state: dict[str, Any]) -> dict[str, Any]:
        return {f"{prefix}{name}": tensor for name, tensor in state.items()}

    contents = {
        "timm": {"epoch": 1, "state_dict": raw, "state_dict_ema": average},
        "basicsr": {"params": under("module.", raw), "params_ema": average},
        "detr": {"model": raw, "ema_model": under("module.", average)},
        "yolo": {"model": raw, "ema": {"module": average, "decay": 0.9}},
        "argus": {"params": {"nn_module": "x"}, "nn_state_dict": average, "no_ema_nn_state_dict": raw},
        "lightning averaging": {
            "state_dict": under("model.", average),
            "current_model_state": under("model.", raw),
            "averaging_state": {"n_averaged": torch.tensor(3)},
        },
        "one dictionary": {
            "state_dict": {
                **under("model.", raw),
                **under("ema_model.module.", average),
                "ema_model.step": torch.ones(1),
            }
        },
        "online": {**under("online_model.", raw), **under("ema_model.", average), "initted": torch.tensor(1)},
        "swa beside": {**raw, **under("swa_model.module.", average), "swa_model.n_averaged": torch.tensor(2)},
    }
    return {name: (content, raw, average) for name, content in contents.items()}


@pytest.mark.parametrize("kind", sorted(both_copies()))
def test_a_file_with_raw_and_averaged_weights_asks_which(kind: str) -> None:
    content, raw, average = both_copies()[kind]
    with pytest.raises(UsageError, match=r"--weights raw or --weights average"):
        Checkpoint(Path("w.pth"), content).state()
    assert same(Checkpoint(Path("w.pth"), content, "raw").state(), raw)
    assert same(Checkpoint(Path("w.pth"), content, "average").state(), average)


def test_what_is_not_there_cannot_be_asked_for() -> None:
    raw = {"fc.weight": torch.zeros(2)}
    with pytest.raises(UsageError, match="--weights average: it holds no averaged weights"):
        Checkpoint(Path("w.pth"), {"state_dict": raw}, "average").state()
    swa = {"module.fc.weight": torch.zeros(2), "n_averaged": torch.tensor(2)}
    with pytest.raises(UsageError, match="--weights raw: it holds only averaged weights"):
        Checkpoint(Path("w.pth"), swa, "raw").state()
    assert list(Checkpoint(Path("w.pth"), swa).state()) == ["fc.weight"]
    assert list(Checkpoint(Path("w.pth"), {"state_dict": raw}, "raw").state()) == ["fc.weight"]


def test_two_sets_of_weights_are_never_chosen_between_silently() -> None:
    content = {"model": {"fc.weight": torch.zeros(2)}, "net": {"fc.weight": torch.ones(2)}}
    with pytest.raises(UsageError, match=r"several sets of weights \(model, net\)"):
        Checkpoint(Path("w.pth"), content).state()
    content["net"] = content["model"]
    assert list(Checkpoint(Path("w.pth"), content).state()) == ["fc.weight"]


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (["stem.conv.weight", "s1.b1.conv1.weight", "head.fc.weight"], "a RegNet of timm"),
        (["conv1.weight", "layer1.0.conv1.weight", "fc.weight"], "a ResNet"),
        (["cls_token", "blocks.0.attn.qkv.weight"], "a vision transformer"),
        (["stem.0.weight", "layer1.0.conv1.0.0.weight"], "--architecture r2plus1d-18"),
        (["features.0.weight", "embeddings.0.weight"], "--architecture vggish"),
    ],
)
def test_an_unknown_checkpoint_is_refused_with_what_it_looks_like(names: list[str], what: str, tmp_path: Path) -> None:
    torch.save({"model": {f"module.{name}": torch.zeros(2) for name in names}}, tmp_path / "w.pth")
    with pytest.raises(InputError, match=f"(?s)looks like .*{re.escape(what)}.*give --architecture"):
        import_model(tmp_path / "w.pth", out=tmp_path)
