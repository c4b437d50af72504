"""What ``touchline data soccernet`` prints: what there is, and the calls that download it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchline.cli.common import Output

if TYPE_CHECKING:
    from touchline.formats.soccernet.offers import Offer


def list_offers(output: Output) -> None:
    """Print what SoccerNet offers."""
    from touchline.formats.soccernet.offers import OFFERS

    width = max(len(offer.name) for offer in OFFERS)
    for offer in OFFERS:
        output.record(offer_record(offer))
        if not output.json:
            output.say(f"{offer.name:<{width}}  {offer.terms:<9}  {offer.what} ({', '.join(offer.splits)})")


def tell_calls(offers: Sequence[Offer], *, splits: Sequence[str], root: Path, output: Output) -> None:
    """Print the Python that downloads some offers, and what has to be done before."""
    for offer in offers:
        code = offer.call(splits).code
        output.record({**offer_record(offer), "code": code, "folder": str(offer.place(root))})
    if output.json:
        return
    for line in terms(offers):
        output.say(f"# {line}")
    output.say("# pip install SoccerNet")
    output.say("from SoccerNet.Downloader import SoccerNetDownloader")
    output.say()
    output.say(f'downloader = SoccerNetDownloader("{root}")')
    for offer in offers:
        output.say(f"# {offer.name}: {offer.what}; {offer.where}")
        output.say(offer.call(splits).code)
        if offer.task:
            output.say(f"# unpack the zips in {offer.place(root)} there, then use it as the folder of games")


def terms(offers: Sequence[Offer]) -> list[str]:
    """Return what the owners ask for, a line each."""
    from touchline.formats.soccernet.offers import AGREEMENT_STEPS

    asked = [offer.name for offer in offers if offer.terms == "agreement"]
    if not asked:
        return ["free, no agreement needed"]
    return [f"{', '.join(asked)}: under SoccerNet's agreement", *(f"- {step}" for step in AGREEMENT_STEPS)]


def offer_record(offer: Offer) -> dict[str, Any]:
    """Return an offer as a JSON record."""
    return {
        "type": "offer",
        "name": offer.name,
        "what": offer.what,
        "terms": offer.terms,
        "page": offer.where,
        "files": list(offer.files),
        "task": offer.task,
        "splits": list(offer.splits),
    }
