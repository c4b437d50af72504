"""Views over a shot: steadier than single ones, carried where there are none, and ended where nothing is known."""

import numpy as np
import pytest

from pitch_scene import HEIGHT, WIDTH, camera, seen
from touchline.tracking.camera_motion import Motion
from touchline.tracking.pitch.homography import PitchView, fit_view
from touchline.tracking.pitch.placing import place_points, place_track, smooth_views
from touchline.tracking.pitch.view_algebra import project

FEET = np.array([(200.0, 200.0), (320.0, 260.0), (450.0, 320.0)])
FRAMES = 60


class Scene:
    """A slow pan with its exact motions."""

    def __init__(self, *, noise_px: float = 1.5) -> None:
        self.cameras = [camera(pan_deg=-10 + 20 * t / FRAMES) for t in range(FRAMES)]
        pairs = zip(self.cameras[:1] + self.cameras[:-1], self.cameras, strict=True)
        self.motions = [Motion(now @ np.linalg.inv(before), 1.0) for before, now in pairs]
        self.keypoints = [seen(c, noise_px=noise_px, seed=t) for t, c in enumerate(self.cameras)]
        self.views = [fit_view(k, width=WIDTH, height=HEIGHT, noise_px=max(noise_px, 0.5)) for k in self.keypoints]

    def errors_m(self, views: list[PitchView | None]) -> np.ndarray:
        """(frames,), NaN where there is no view."""
        errors = np.full(len(views), np.nan)
        for t, view in enumerate(views):
            if view is not None:
                truth = project(np.linalg.inv(self.cameras[t]), FEET)[0]
                errors[t] = np.hypot(*(view.to_metres(FEET)[0] - truth).T).mean()
        return errors


def test_smoothing_halves_the_error() -> None:
    scene = Scene()
    single, smoothed = scene.errors_m(scene.views), scene.errors_m(smooth_views(scene.views, scene.motions, fps=12.5))
    assert np.isfinite(smoothed).all()
    assert smoothed.mean() < 0.5 * single.mean()


def test_gaps_are_bridged_and_doubt_grows_in_them() -> None:
    scene = Scene()
    views = [view if t < 20 or t >= 40 else None for t, view in enumerate(scene.views)]
    smoothed = smooth_views(views, scene.motions, fps=12.5)
    assert np.nanmax(scene.errors_m(smoothed)) < 0.5
    assert smoothed[30] is not None and smoothed[10] is not None
    assert smoothed[30].typical_std_m() > smoothed[10].typical_std_m()
    assert smoothed[30].keypoints == 0


def test_few_points_help_where_there_is_no_view() -> None:
    scene = Scene()
    views = [view if t < 5 else None for t, view in enumerate(scene.views)]
    few = []
    for points in scene.keypoints:
        points = points.copy()
        points[np.flatnonzero(points[:, 2])[2:], 2] = 0
        few.append(points)
    without = smooth_views(views, scene.motions, fps=12.5)[30]
    with_points = smooth_views(views, scene.motions, fps=12.5, keypoints=few)[30]
    assert without is not None and with_points is not None
    assert with_points.typical_std_m() < without.typical_std_m()


def test_a_wrong_view_is_outvoted() -> None:
    scene = Scene()
    wrong = fit_view(seen(camera(pan_deg=25)), width=WIDTH, height=HEIGHT)
    assert wrong is not None
    views = list(scene.views)
    views[0] = views[30] = PitchView(wrong.matrix, wrong.covariance, WIDTH, HEIGHT, keypoints=4)
    assert np.nanmax(scene.errors_m(smooth_views(views, scene.motions, fps=12.5))) < 0.5


def test_an_unseen_jump_of_the_camera_is_survived() -> None:
    scene = Scene()
    jumped = Scene()
    jumped.cameras = [camera(pan_deg=25)] * FRAMES
    jumped.views = [
        fit_view(seen(c, noise_px=1.5, seed=t), width=WIDTH, height=HEIGHT) for t, c in enumerate(jumped.cameras)
    ]
    views = scene.views[:30] + jumped.views[30:]
    motions = scene.motions[:30] + [Motion(np.eye(3), 1.0)] * 30
    smoothed = smooth_views(views, motions, fps=12.5)
    assert np.nanmax(scene.errors_m([*smoothed[:30], *[None] * 30])) < 0.6
    assert np.nanmax(jumped.errors_m([*[None] * 30, *smoothed[30:]])) < 0.6


def test_unknown_motion_carries_nothing() -> None:
    scene = Scene()
    views = [view if t == 0 else None for t, view in enumerate(scene.views)]
    motions = [Motion.unknown() if t == 10 else m for t, m in enumerate(scene.motions)]
    known = [view is not None for view in smooth_views(views, motions, fps=12.5)]
    assert all(known[:10]) and not any(known[10:])


def test_no_views_at_all() -> None:
    assert smooth_views([None, None], [Motion.unknown()] * 2, fps=12.5) == [None, None]
    assert smooth_views([], [], fps=12.5) == []
    with pytest.raises(ValueError, match="1 views and 0 motions"):
        smooth_views([None], [], fps=12.5)
    with pytest.raises(ValueError, match="fps=0"):
        smooth_views([None], [Motion.unknown()], fps=0)


def test_places_of_a_track() -> None:
    scene = Scene(noise_px=0.0)
    views = [scene.views[0], None, scene.views[2]]
    boxes = np.array([(310, 200, 330, 260), (310, 200, 330, 260), (310, 5, 330, 20)], np.float32)
    places = place_track(boxes, np.array([0, 1, 2]), views)
    assert places.dtype == np.float32
    assert np.allclose(places[0], project(np.linalg.inv(scene.cameras[0]), np.array([(320.0, 260.0)]))[0], atol=1e-3)
    assert np.isnan(places[1:]).all()
    assert place_track(np.zeros((0, 4)), np.zeros(0, np.int64), [None]).shape == (0, 2)


def test_feet_known_badly_are_placed_badly() -> None:
    scene = Scene(noise_px=0.0)
    _, exact = place_points(FEET, [0, 0, 0], scene.views)
    _, rough = place_points(FEET, [0, 0, 0], scene.views, points_std_px=3.0)
    assert (rough > exact + 0.1).all()
