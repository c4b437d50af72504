"""``touchline data soccernet``: what a recipe needs of SoccerNet, how to download it, and whether it arrived whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, run_guarded
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_OK, UsageError

if TYPE_CHECKING:
    from touchline.formats.soccernet.offers import Offer

_SPLITS = ("train", "valid", "test")


def soccernet(
    kinds: Annotated[
        list[str] | None,
        typer.Argument(metavar="KIND...", help="What to obtain, such as labels, features or videos-720p."),
    ] = None,
    recipe: Annotated[
        Path | None,
        typer.Option("--recipe", metavar="NAME|FILE", help="Obtain what this recipe trains on.", show_default="none"),
    ] = None,
    root: Annotated[Path, typer.Option("--root", metavar="FOLDER", help="Keep the data in this folder.")] = Path(
        "SoccerNet"
    ),
    split: Annotated[
        list[str] | None,
        typer.Option(
            "--split",
            metavar="NAME",
            help="Obtain this split: train, valid, test or challenge.",
            show_default="train, valid, test",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check the files in the folder instead: size, whole, readable.")
    ] = False,
    download: Annotated[
        bool, typer.Option("--download", help="Run the calls, with the SoccerNet package and your own account.")
    ] = False,
    agreed: Annotated[
        bool, typer.Option("--agreed", help="State that you have signed SoccerNet's agreement; --download asks for it.")
    ] = False,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Obtain and check SoccerNet's data.

    Prints the exact calls that download what is asked for, with their terms; without a KIND or a recipe, lists what
    there is. Nothing is downloaded without --download. With --check, files that are missing, cut short or unreadable
    are named, as are games whose halves contradict their labels.

    Examples:
      touchline data soccernet --recipe spotting-slow-fusion --root SoccerNet/
      touchline data soccernet labels videos-720p --split test --root SoccerNet/ --check

    """
    output = Output(json=json, debug=debug)

    def run() -> int:
        from touchline.cli.datasets.answers import list_offers, tell_calls
        from touchline.cli.datasets.checking import check_data
        from touchline.cli.datasets.downloading import download_data

        splits = _splits(split)
        offers = _offers(kinds or [], recipe=recipe)
        if check:
            return check_data(offers, splits=splits, root=root, output=output)
        if not offers:
            if download:
                raise UsageError("--download needs what to download: name a KIND or a --recipe")
            list_offers(output)
            return EXIT_OK
        if download:
            return download_data(offers, splits=splits, root=root, agreed=agreed, output=output)
        tell_calls(offers, splits=splits, root=root, output=output)
        return EXIT_OK

    run_guarded(run, debug=debug, json=json)


def _splits(words: Sequence[str] | None) -> tuple[str, ...]:
    """Return the splits that are asked for.

    Raises:
        UsageError: there is no such split.

    """
    from touchline.core.suggestions import did_you_mean
    from touchline.formats.soccernet.splits import PUBLIC

    for word in words or ():
        if word not in PUBLIC:
            raise UsageError(f"--split {word}: is none of {', '.join(PUBLIC)}{did_you_mean(word, PUBLIC)}")
    return tuple(words or _SPLITS)


def _offers(kinds: Sequence[str], *, recipe: Path | None) -> list[Offer]:
    """Return what is asked for by name or by a recipe.

    Raises:
        UsageError: an unknown name, or a recipe that needs nothing of SoccerNet.
        InputError: the recipe cannot be read.

    """
    from touchline.formats.soccernet.offers import OFFERS, offers_for, offers_named

    found = offers_named(kinds)
    if recipe is not None:
        from touchline.training.recipe import read_recipe

        needed = offers_for(read_recipe(recipe).settings)
        if not needed:
            raise UsageError(f"--recipe {recipe}: names no file of SoccerNet, so it needs none of its data")
        found = [offer for offer in OFFERS if offer in found or offer in needed]
    return found
