"""Fit the sound curves and write them into the package.

    python benchmarks/sound_fit.py [--out src/touchline/models/builtin/sound-curves.json]

They are fitted on synthetic scenes of two minutes: seeds 0 to 63 for the frames of whistles, 100 to 147 for stretches
of frames and the crowd. benchmarks/sound.py measures their accuracy on other seeds and on simulated matches.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from touchline.studies.sound_fit import FitSettings, fit_sound

OUT = Path(__file__).parent.parent / "src/touchline/models/builtin/sound-curves.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--scenes", type=int, help="number of scenes of each kind, to try it out with fewer")
    chosen = parser.parse_args()
    settings = FitSettings()
    if chosen.scenes:
        settings = replace(settings, whistle_seeds=range(chosen.scenes), other_seeds=range(100, 100 + chosen.scenes))
    nets = fit_sound(settings)
    document = {
        "about": "fitted by benchmarks/sound_fit.py on invented scenes",
        "whistle_seeds": [settings.whistle_seeds.start, settings.whistle_seeds.stop],
        "other_seeds": [settings.other_seeds.start, settings.other_seeds.stop],
        **{name: net.to_json() for name, net in nets.items()},
    }
    chosen.out.write_text(json.dumps(document, indent=None) + "\n", encoding="utf-8")
    for name, net in nets.items():
        print(f"{name}: {sum(w.size + b.size for w, b in net.layers)} parameters")


if __name__ == "__main__":
    main()
