"""Whether there is a GPU is found out without torch where there is none."""

from __future__ import annotations

import subprocess
import sys

import pytest

from touchline.core.extras import MissingPackageError
from touchline.models.runtime import device
from touchline.models.runtime.device import choose_device, may_have_gpu

ASK = """
import sys
from touchline.models.runtime.device import choose_device
print(choose_device("auto"), "torch" in sys.modules)
"""


@pytest.mark.parametrize("hidden", ["", "-1", "NoDevFiles"])
def test_hidden_gpus_are_none(monkeypatch: pytest.MonkeyPatch, hidden: str) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert not may_have_gpu()
    assert choose_device("auto") == ("cpu", "cpu: no CUDA device found")


def test_a_driver_is_a_sign_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(device, "_GPU_NODES", ("null",))
    assert may_have_gpu()
    monkeypatch.setattr(device, "_GPU_NODES", ("nothing-of-this-name",))
    assert not may_have_gpu()


def test_torch_is_not_imported_to_find_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    assert done.stdout == "('cpu', 'cpu: no CUDA device found') False\n"


def test_a_gpu_without_torch_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "may_have_gpu", lambda: True)
    monkeypatch.setattr(device, "is_installed", lambda module: module != "torch")
    monkeypatch.setattr("touchline.core.extras.is_installed", lambda module: module != "torch")
    kind, reason = choose_device("auto")
    assert kind == "cpu" and "pip install 'touchline[gpu]'" in reason
    with pytest.raises(MissingPackageError, match=r"device cuda needs torch: pip install 'touchline\[gpu\]'"):
        choose_device("cuda")
