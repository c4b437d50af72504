"""Features of a video's sound as files, from Python and from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from makevideo import write_numbered
from touchline.analysis.sound_features import extract_sound_features
from touchline.cli.features.commands import app
from touchline.core.errors import InputError
from touchline.core.sound import CURVES
from touchline.features.sound_extractor import VggishExtractor, load_sound_extractor
from touchline.formats.features.vectors import read_features
from touchline.models.importing.checkpoints import import_model
from touchline.models.networks.vggish import VGGish

RATE = 48_000


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tone = (0.1 * np.random.default_rng(0).normal(size=6 * RATE)).astype(np.float32)
    return write_numbered(tmp_path_factory.mktemp("video") / "v.mp4", frames=150, tone=tone)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    torch.save(VGGish(embedding=False).state_dict(), folder / "weights.pth")
    return import_model(folder / "weights.pth", architecture="vggish-conv4", name="vggish", out=folder)


def test_rows_of_vggish_every_half_second(video: Path, model: Path, tmp_path: Path) -> None:
    extractor = load_sound_extractor(str(model))
    result = extract_sound_features(video, extractor=extractor, out=tmp_path)
    features = read_features(result.path, width=512)
    assert 11 <= len(features) <= 12
    assert (features.info.rate_hz, features.info.start_us) == (2.0, 237_500)
    assert extract_sound_features(video, extractor=extractor, out=tmp_path).reused


def test_chunks_do_not_change_the_rows(model: Path) -> None:
    extractor = load_sound_extractor(str(model))
    assert isinstance(extractor, VggishExtractor)
    sound = (0.1 * np.random.default_rng(1).normal(size=200_000)).astype(np.float32)
    whole = np.concatenate(list(extractor.stream([sound])))
    cut = np.concatenate(list(extractor.stream(sound[i : i + 33_333] for i in range(0, len(sound), 33_333))))
    assert whole.shape == (25, 512)
    assert (whole == cut).all()


def test_the_command_writes_the_curves(video: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["extract", str(video), "--model", "sound", "--out", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout.splitlines()[-1])
    assert (record["width"], record["rate_hz"], record["model"]) == (len(CURVES), 10.0, "sound")
    assert read_features(Path(record["path"])).values.shape == (record["rows"], len(CURVES))


def test_a_video_without_sound_is_one_clear_line(tmp_path: Path) -> None:
    mute = write_numbered(tmp_path / "mute.mp4", frames=10)
    with pytest.raises(InputError, match="has no sound"):
        extract_sound_features(mute, extractor=load_sound_extractor())
    done = CliRunner().invoke(app, ["extract", str(mute), "--model", "sound"])
    assert done.exit_code == 3
    assert "has no sound" in done.output


def test_sound_that_ends_early_is_told_and_degrades(model: Path, tmp_path: Path) -> None:
    noise = (0.1 * np.random.default_rng(0).normal(size=2 * RATE)).astype(np.float32)
    short = write_numbered(tmp_path / "short.mp4", frames=150, tone=noise)
    for name in ("sound", str(model)):
        done = CliRunner().invoke(app, ["extract", str(short), "--model", name, "--out", str(tmp_path), "--json"])
        assert done.exit_code == 4, done.output
        record = json.loads(done.stdout.splitlines()[-1])
        assert record["lost_s"] == pytest.approx(4.0, abs=0.1)
        assert record["remarks"] == ["the sound ends at 0:02.0, 4.0 s before the picture"]


def test_samples_that_are_no_numbers_are_told(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "nan.wav"
    samples = np.zeros((1, 3 * RATE), np.float32)
    samples[0, RATE : RATE + 480] = np.nan
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_f32le", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples, "flt", "mono")
        frame.sample_rate, frame.pts = RATE, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    result = extract_sound_features(path, extractor=load_sound_extractor(str(model)), out=tmp_path)
    assert any("not finite, the first at 0:0" in remark for remark in result.info.remarks)


@pytest.mark.parametrize(
    "option", ["--ball", "--rate=5", "--sampling=opencv", "--fit=crop", "--margin=3", "--stream=0"]
)
def test_pictures_options_do_not_go_with_sound(video: Path, option: str) -> None:
    done = CliRunner().invoke(app, ["extract", str(video), "--model", "sound", option])
    assert done.exit_code == 2
    assert option.partition("=")[0] in done.output


def test_features_of_sound_are_not_measured_by_published_heads(video: Path, tmp_path: Path) -> None:
    path = extract_sound_features(video, extractor=load_sound_extractor(), out=tmp_path).path
    done = CliRunner().invoke(app, ["info", str(path)])
    assert done.exit_code == 0
    assert "published" not in done.output


def test_imported_weights_that_are_not_there_say_how_to_get_them(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))  # whoever runs this may have imported a vggish
    done = CliRunner().invoke(app, ["extract", str(video), "--model", "vggish"])
    assert done.exit_code == 3
    assert "models import" in done.output


def test_weights_of_sound_are_imported_before_they_are_used(video: Path, tmp_path: Path) -> None:
    weights = tmp_path / "vggish-10086976.pth"
    torch.save(VGGish(embedding=False).state_dict(), weights)
    done = CliRunner().invoke(app, ["extract", str(video), "--model", str(weights)])
    assert done.exit_code == 3
    assert f"touchline models import {weights} --architecture vggish" in " ".join(done.output.split())
