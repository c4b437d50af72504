"""Write the graph files of the built-in models again, after a change of their weights or of their networks' code.

    python benchmarks/write_graphs.py

A test compares the committed files with what this writes.
"""

from __future__ import annotations

from touchline.models.exporting.graph_files import write_graph_file
from touchline.models.store import list_builtin, load_model


def main() -> None:
    for model in list_builtin():
        path = write_graph_file(load_model(model.path, task="any"))
        if path is not None:
            print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
