"""Write the graph files of the built-in models again, after a change of their weights or of their networks' code.

    python benchmarks/write_graphs.py

A test compares the committed files with what this writes.
"""

from __future__ import annotations

from touchline.analysis.speed import SPEEDS
from touchline.models.exporting.graph_files import write_graph_file
from touchline.models.store import DEFAULT_DETECTOR, list_builtin, load_model


def main() -> None:
    for stored in list_builtin():
        model = load_model(stored.path, task="any")
        sizes: set[tuple[int, int] | None] = {None}
        if model.name == DEFAULT_DETECTOR:
            sizes |= {speed.detector_size for speed in SPEEDS.values()}
        for size in sorted(sizes, key=str):
            path = write_graph_file(model, size=size)
            if path is not None:
                print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
