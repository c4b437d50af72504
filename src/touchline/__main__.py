"""The entry point of ``touchline`` and ``python -m touchline``: signals first, for imports take a while."""

from __future__ import annotations

from touchline.cli.interrupts import Interrupts


def main() -> None:
    """Run the command line."""
    Interrupts.listen()
    from touchline.cli.main import main as run

    try:
        run()
    finally:
        Interrupts.end()


if __name__ == "__main__":
    main()
