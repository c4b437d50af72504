"""SoccerNet's untrimmed videos, named alone: their times are not those of their half."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from touchline.cli.common import Output


def tell_untrimmed(video: Path, *, output: Output) -> None:
    """Say that times count from the start of the file, if its name says that its half begins later."""
    from touchline.cli.given.terminal import one_line
    from touchline.formats.soccernet.game_names import is_untrimmed

    if is_untrimmed(video.name):
        text = "untrimmed, so times count from the start of the file; `touchline convert` cuts it to its half"
        output.note(one_line(f"touchline: note: {video}: {text}"))
