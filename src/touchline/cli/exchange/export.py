"""``touchline export``: events and tracks of bundles as files for other tools."""

from __future__ import annotations

from touchline.cli.common import Output
from touchline.cli.exchange.export_arguments import ExportArguments
from touchline.cli.options import verb


def _run(given: ExportArguments, output: Output) -> int:
    """Export each bundle."""
    from touchline.cli.exchange.exporting import export_all

    return export_all(given, output)


command = verb(
    ExportArguments,
    _run,
    about="""Write events and tracks as files for other tools.

    Of a reviewed bundle, the corrected events are written, with the names of teams and players. In formats that have
    only clips, a point becomes one from --lead before to --lag after it. What a format cannot hold is printed; the exit
    code is 4 only if events are left out. The file is written into its bundle, or to --out.

    Examples:
      touchline export match.touchline --to sportscode --out match.xml
      touchline export match.touchline --to webvtt --label Goal --lead 8 --lag 4 --reviewed
    """,
)
