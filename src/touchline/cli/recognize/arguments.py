"""What ``touchline recognize`` takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args

import typer

from touchline.cli.options import SharedArguments
from touchline.cli.recognize.joints import Handed


@dataclass(frozen=True, kw_only=True)
class RecognizeArguments(SharedArguments):
    """The arguments and options of ``touchline recognize``."""

    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH...",
            help="Clips: videos, folders of images, joint files, or folders of clips. May be left out with --save.",
            show_default=False,
        ),
    ] = None
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="Recognize actions with this model, a name or a file.",
            show_default="the only one of your clip models; none along tracks",
        ),
    ] = None
    examples: Annotated[
        Path | None,
        typer.Option(
            "--examples",
            metavar="FOLDER",
            help="Learn the actions from the clips in this folder's class folders first; ten a class are enough.",
            show_default="none",
        ),
    ] = None
    save: Annotated[
        Path | None,
        typer.Option(
            "--save",
            metavar="MODEL",
            help="Save what --examples learned to this model file, for --model and --recognizer.",
            show_default="not saved",
        ),
    ] = None
    tracks: Annotated[
        Path | None,
        typer.Option(
            "--tracks",
            metavar="PATH",
            help="Recognize the actions of the players in this tracks.parquet, tracks.txt (MOT) or bundle.",
            show_default="none",
        ),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="Write the labels of clips to this CSV file, or actions along tracks to a bundle in this folder.",
            show_default="not written for clips, beside the video for tracks",
        ),
    ] = None
    overlay: Annotated[
        bool, typer.Option("--overlay", help="With --tracks, write overlay.mp4, the video with actions drawn in.")
    ] = False
    top: Annotated[
        int, typer.Option("--top", metavar="N", help="Show the N most likely labels of each clip.", min=1)
    ] = 1
    handedness: Annotated[
        Handed,
        typer.Option(
            "--handedness",
            metavar="|".join(get_args(Handed)),
            help="Take the players of joint files for left- or right-handed; auto estimates it.",
        ),
    ] = "auto"
