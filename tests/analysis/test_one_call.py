"""``touchline.analyze`` and ``touchline.open_bundle``: one call, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

import touchline
from touchline.analysis import one_call
from touchline.core.errors import InputError


@pytest.mark.parametrize("tasks", [(), ("spot", "juggle")])
def test_unknown_tasks_are_refused(tasks: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="at least one of"):
        touchline.analyze("match.mp4", tasks=tasks)  # type: ignore[arg-type]


def test_only_the_models_of_the_tasks_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(one_call, "load_frame_spotter", lambda *a, **k: loaded.append("spotter"))
    monkeypatch.setattr(one_call, "load_tracker", lambda *a, **k: loaded.append("tracker"))
    with pytest.raises(InputError, match=r"match\.mp4"):
        touchline.analyze(tmp_path / "match.mp4", tasks=["sound"])
    assert loaded == []


def test_a_bundle_is_opened_by_its_folder_or_its_video(tmp_path: Path) -> None:
    (tmp_path / "match.touchline").mkdir()
    (tmp_path / "match.touchline" / "manifest.json").write_text("{}")
    for path in (tmp_path / "match.touchline", tmp_path / "match.mp4"):
        assert touchline.open_bundle(path).path == tmp_path / "match.touchline"
    with pytest.raises(InputError, match=r"other\.mp4: no bundle .*touchline analyze"):
        touchline.open_bundle(tmp_path / "other.mp4")
