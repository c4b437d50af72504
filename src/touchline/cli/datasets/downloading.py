"""``touchline data soccernet --download``: the calls, run through SoccerNet's own package."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.cli.common import Output
from touchline.cli.datasets.answers import terms
from touchline.cli.inputs import Inputs
from touchline.core.errors import NetworkError, UsageError

if TYPE_CHECKING:
    from touchline.formats.soccernet.offers import Offer


def download_data(offers: Sequence[Offer], *, splits: Sequence[str], root: Path, agreed: bool, output: Output) -> int:
    """Download some offers; one that fails is reported, and the work goes on with the others.

    Raises:
        UsageError: an agreement has to be signed, and nobody said so; or the package is not installed.

    """
    asked = [offer.name for offer in offers if offer.terms == "agreement"]
    if asked and not agreed:
        for line in terms(offers):
            output.note(f"touchline: {line}")
        raise UsageError(f"{', '.join(asked)}: add --agreed once you have signed SoccerNet's agreement")
    downloader = _downloader(root)
    inputs = Inputs("downloads", output=output)
    for offer in offers:
        with inputs.one(offer.name, type="error", offer=offer.name):
            call = offer.call(splits)
            output.note(f"touchline: {call.code}")
            with contextlib.redirect_stdout(sys.stderr):  # the package prints
                _run(downloader, call.method, dict(call.arguments), name=offer.name)
            output.record({"type": "downloaded", "offer": offer.name, "folder": str(offer.place(root))})
            if not output.json:
                output.say(f"{offer.name}: in {offer.place(root)}")
    output.note("touchline: check what has arrived with --check")
    return inputs.finish()


def _run(downloader: Any, method: str, arguments: dict[str, Any], *, name: str) -> None:
    """Run one call.

    Raises:
        NetworkError: the network or the account does not give the files.

    """
    try:
        getattr(downloader, method)(**arguments)
    except OSError as error:
        raise NetworkError(f"{name}: {error}") from error


def _downloader(root: Path) -> Any:
    """Return SoccerNet's downloader for a folder.

    Raises:
        UsageError: its package is not installed.

    """
    try:
        from SoccerNet.Downloader import SoccerNetDownloader
    except ImportError as error:
        raise UsageError("--download needs SoccerNet's package: pip install SoccerNet") from error
    return SoccerNetDownloader(str(root))
