"""``touchline review``: correct and annotate bundles and videos in the browser."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from touchline.cli.common import Output, one_line, run_guarded
from touchline.cli.interrupts import Interrupts
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption
from touchline.core.errors import EXIT_INTERRUPTED, EXIT_OK
from touchline.core.extras import need_extra
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.review.studio import Studio

_NOBODY = "reviewer"


def command(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Bundles, videos, or folders that hold them.", show_default=False),
    ],
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser, or only print its address.")
    ] = True,
    label_set: Annotated[
        str | None,
        typer.Option(
            "--label-set",
            metavar="NAME|FILE",
            help="Offer the labels of this set, or those in a file with keys and colours.",
            show_default="the labels of each bundle",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="WHO", help="Sign corrections with this name.", show_default="your user name"),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            "--truth", metavar="FILE", help="Show known events beside those of the model.", show_default="none"
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against",
            metavar="BUNDLE",
            help="Show the events of another bundle of the same video beside.",
            show_default="none",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FOLDER",
            help="Keep the corrections of videos without a bundle in this folder.",
            show_default="beside each video",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Listen on this address of this machine.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option("--port", metavar="N", min=0, max=65535, help="Listen on this port.", show_default="a free one"),
    ] = 0,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Correct and annotate bundles and videos in the browser.

    Every correction is written to corrections.jsonl in the bundle at once; the model's events.json stays as it is. A
    video that was not analysed starts with an empty timeline. The address holds the key to the page and works on this
    machine only. Ctrl-C ends the review.

    Examples:
      touchline review match.mp4 --label-set ball-12
      touchline review match.touchline --truth Labels-ball.json --no-browser

    """
    del device

    def run() -> int:
        need_extra("review", what="the review tool")
        from touchline.review.labels import label_set as label_set_named
        from touchline.review.shelf import items_of
        from touchline.review.studio import Studio
        from touchline.review.versions import with_versions

        items = with_versions(items_of(paths, out=out), truth=truth, against=against or [])
        chosen = None if label_set is None else label_set_named(label_set)
        studio = Studio(items, who=name or user_name(), chosen=chosen)
        return _serve(studio, host=host, port=port, browser=browser, output=Output(json=json, debug=debug))

    run_guarded(run, debug=debug, json=json)


def user_name() -> str:
    """The name of the user on this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return _NOBODY


def _serve(studio: Studio, *, host: str, port: int, browser: bool, output: Output) -> int:
    """Run the server until it is interrupted."""
    from touchline.review.server.run import listen, open_browser, serve

    try:
        address = listen(host, port)
    except BaseException:
        studio.close()
        raise

    def ready() -> None:
        bundles = [{"id": desk.item.id, "title": desk.item.title} for desk in studio.desks]
        output.record({"type": "review", "url": address.url, "bundles": bundles})
        if not output.json:
            output.say(address.url)
        output.note(one_line(f"touchline: reviewing {counted(len(bundles), 'video')}; press Ctrl-C to end"))
        if browser:
            open_browser(address.url)

    ended = EXIT_OK
    try:
        serve(studio, address, ready=ready, debug=output.debug)
    except KeyboardInterrupt:
        Interrupts.answered()
        output.note("touchline: review ended; every correction is on the disk")
        ended = EXIT_INTERRUPTED
    _renew_reports(studio, output=output)
    return ended


def _renew_reports(studio: Studio, *, output: Output) -> None:
    """Write reports again that are older than the corrections; another interrupt leaves them as they are."""
    from touchline.review.pages import renew_reports

    try:
        renew_reports(
            [desk.item for desk in studio.desks], say=lambda text: output.note(one_line(f"touchline: {text}"))
        )
    except KeyboardInterrupt:
        output.note("touchline: the report was left as it was; analyse the video again to renew it")
