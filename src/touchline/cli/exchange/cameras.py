"""``touchline convert BUNDLE FOLDER --to soccernet-cameras``: the camera of a bundle in SoccerNet's layout."""

from __future__ import annotations

from pathlib import Path

from touchline.cli.common import Output
from touchline.core.errors import EXIT_DEGRADED, EXIT_OK, InputError
from touchline.core.wording import counted

TO_CAMERAS = "soccernet-cameras"


def convert_cameras(source: Path, target: Path, *, output: Output) -> int:
    """Write one JSON for each analysed frame with a known view of the pitch; the exit code.

    Raises:
        InputError: no bundle, without a camera, or the size of its video is not known.

    """
    from touchline.cli.exchange.video_facts import facts_of_bundle
    from touchline.formats.bundle import Bundle
    from touchline.formats.calibration.camera_files import write_camera_files
    from touchline.formats.camera import CAMERA, read_camera

    bundle = Bundle(source)
    camera = read_camera(bundle.path / CAMERA)
    video, _ = facts_of_bundle(bundle, frame_times=False)
    if not video.width or not video.height:
        raise InputError(f"{source}: the size of its video is not known; put the video back beside the bundle")
    written, left_out = write_camera_files(target, camera, width=video.width, height=video.height)
    output.record({"type": "converted", "game": str(source), "cameras": written, "without_pitch": left_out})
    if not output.json:
        output.say(f"{target}: {counted(written, 'camera')} for pictures 960 pixels wide")
    if left_out:
        output.note(f"touchline: {counted(left_out, 'frame')} without a known view of the pitch left out")
    return EXIT_OK if written else EXIT_DEGRADED
