"""Feature streams as files: what is written is read back, what is broken is refused in one line."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from touchline.core.errors import InputError, UsageError
from touchline.core.events import Coverage, Gap
from touchline.formats.features.vectors import (
    FeatureInfo,
    Features,
    first_bad_row,
    holds,
    length_remark,
    published_head_remark,
    read_features,
    side_car,
    write_features,
)

INFO = FeatureInfo(
    model="m",
    rate_hz=2.0,
    coverage=Coverage(5_000_000, 125, gaps=(Gap(1_000_000, 2_000_000, "lost"),), repairs=("mended",)),
    video={"name": "a.mp4", "fingerprint": "abc"},
    settings={"a": 1},
    remarks=("a remark",),
)


def write(path: Path, values: np.ndarray | None = None, info: FeatureInfo = INFO) -> Path:
    values = np.arange(40, dtype=np.float32).reshape(10, 4) if values is None else values
    write_features(path, [values[:3], values[3:]], shape=values.shape, info=info)
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    features = read_features(write(tmp_path / "x.npy"))
    assert np.array_equal(features.values, np.arange(40).reshape(10, 4))
    assert features.values.dtype == np.float32 and isinstance(features.values, np.memmap)
    assert features.info.coverage == INFO.coverage and features.info.remarks == ("a remark",)
    assert features.times_us.tolist() == [500_000 * i for i in range(10)]
    assert features.end_us == 5_000_000
    assert np.flatnonzero(features.lost_rows()).tolist() == [2, 3]
    assert np.array_equal(np.load(tmp_path / "x.npy"), features.values), "the layout is NumPy's own"


def test_own_times_stay(tmp_path: Path) -> None:
    info = FeatureInfo(model="m", start_us=480_000, times_us=(480_000, 960_000, 1_480_000), sampling="opencv")
    features = read_features(write(tmp_path / "x.npy", np.ones((3, 2), np.float32), info))
    assert features.times_us.tolist() == [480_000, 960_000, 1_480_000]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: b"", "empty"),
        (lambda data: b"not an array", "not an .npy file"),
        (lambda data: b"PK\x03\x04" + data, "unpack it"),
        (lambda data: data[:40], "cut off in its header"),
        (lambda data: data[:-20], "truncated: 8 of 10 rows"),
        (lambda data: data + b"more", "4 bytes more"),
        (lambda data: data.replace(b"}", b"{"), "not an .npy file"),
        (lambda data: data.replace(b"<f4", b"<i4"), "of type int32"),
        (lambda data: data.replace(b"(10, 4)", b"(40,)  "), "of shape (40,)"),
        (lambda data: data.replace(b"<f4", b"|O "), "refused"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, damage: object, words: str) -> None:
    path = write(tmp_path / "x.npy")
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(InputError) as raised:
        read_features(path)
    assert words in str(raised.value) and "\n" not in str(raised.value)


def test_an_array_of_objects_is_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([[{"a": 1}]], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="refused: it holds Python objects"):
        read_features(tmp_path / "x.npy", rate_hz=2)
    (tmp_path / "y.npy").write_bytes(pickle.dumps(np.ones((2, 2))))
    with pytest.raises(InputError, match=r"not an \.npy file"):
        read_features(tmp_path / "y.npy", rate_hz=2)


def test_numbers_that_are_none_are_refused_with_their_time(tmp_path: Path) -> None:
    path = write(tmp_path / "x.npy")
    data = np.lib.format.open_memmap(path, mode="r+")
    data[7, 2] = np.nan
    data.flush()
    with pytest.raises(InputError, match=r"row 7 \(0:03\.500\)"):
        read_features(path)
    assert first_bad_row(read_features(path, check=False).values) == 7
    with pytest.raises(ValueError, match="not finite"):
        write(tmp_path / "y.npy", np.full((2, 2), np.inf, np.float32))
    assert not (tmp_path / "y.npy").exists()


def test_other_width_and_other_side_car_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.npy")
    with pytest.raises(InputError, match="rows of 4 numbers where 512 are required"):
        read_features(path, width=512)
    document = json.loads(side_car(path).read_text())
    side_car(path).write_text(json.dumps({**document, "times_us": [0, 1]}))
    with pytest.raises(InputError, match=r"10 rows, but x\.json has times of 2"):
        read_features(path)
    side_car(path).write_text(json.dumps({**document, "version": 99}))
    with pytest.raises(InputError, match="is not the supported"):
        read_features(path)
    side_car(path).write_text(json.dumps({**document, "start_us": "soon"}))
    with pytest.raises(InputError, match="not a side-car of features"):
        read_features(path)
    for wrong, told in (
        ({"bogus": 3}, "unknown key 'bogus' for a side-car"),
        ({"video": 3}, "video is a int"),
        ({"reduction": [3]}, "reduction is a list"),
        ({"published": "no"}, "published is a str"),
        ({"coverage": 3}, "coverage is a int"),
        ({"remarks": "one"}, "remarks is a str"),
    ):
        side_car(path).write_text(json.dumps({**document, **wrong}))
        with pytest.raises(InputError, match=told):
            read_features(path)
    side_car(path).write_text("{")
    with pytest.raises(InputError, match="not readable as JSON"):
        read_features(path)
    with pytest.raises(InputError, match="no such file"):
        read_features(tmp_path / "none.npy")
    with pytest.raises(UsageError, match="not a file"):
        read_features(tmp_path)


def test_numbers_of_another_run_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x.npy")
    values = np.array(read_features(path).values)
    np.save(path, values[::-1])
    with pytest.raises(InputError, match=r"the values differ from those of x\.json"):
        read_features(path)
    assert len(read_features(path, check=False)) == len(values)


def test_soccernets_files_are_known_by_name(tmp_path: Path) -> None:
    np.save(tmp_path / "1_ResNET_TF2_PCA512.npy", np.zeros((6, 512), np.float32))
    features = read_features(tmp_path / "1_ResNET_TF2_PCA512.npy")
    assert features.info.published and features.info.rate_hz == 2.0
    assert features.info.reduction == {"name": "PCA512", "published": True}
    assert published_head_remark(features.info, head="NetVLAD++") is None
    np.save(tmp_path / "2_baidu_soccer_embeddings.npy", np.zeros((3, 8576), np.float16))
    assert read_features(tmp_path / "2_baidu_soccer_embeddings.npy").info.rate_hz == 1.0
    np.save(tmp_path / "1_ResNET_TF2.npy", np.zeros((6, 512), np.float32))
    with pytest.raises(InputError, match="ResNET_TF2 has 2048"):
        read_features(tmp_path / "1_ResNET_TF2.npy")
    np.save(tmp_path / "mine.npy", np.zeros((6, 5), np.float32))
    with pytest.raises(InputError, match="pass --rate") as caught:
        read_features(tmp_path / "mine.npy")
    advised = str(caught.value).partition("mine.json: ")[2]
    side_car(tmp_path / "mine.npy").write_text(advised)
    assert read_features(tmp_path / "mine.npy").info.model == "NAME"
    side_car(tmp_path / "mine.npy").unlink()
    assert read_features(tmp_path / "mine.npy", rate_hz=4).info.rate_hz == 4


def test_other_features_than_a_published_heads_are_told() -> None:
    own = FeatureInfo(model="resnet152")
    assert "these are of 'resnet152'" in (published_head_remark(own, head="NetVLAD++") or "")
    fitted = FeatureInfo(model="ResNET_TF2", reduction={"name": "mine", "published": False})
    assert fitted.self_fitted
    assert "fitted elsewhere" in (published_head_remark(fitted, head="NetVLAD++") or "")


def test_published_features_of_another_set_are_told() -> None:
    old = FeatureInfo(model="ResNET_PCA512", published=True)
    assert published_head_remark(old, head="netvlad_v1") is None
    remark = published_head_remark(old, head="netvlad_v1", wanted="ResNET_TF2_PCA512")
    assert remark is not None and "trained on SoccerNet's ResNET_TF2_PCA512, these are ResNET_PCA512" in remark
    reduced = FeatureInfo(model="ResNET_TF2", published=True, reduction={"name": "pca_512_TF2", "published": True})
    assert reduced.feature_set == "ResNET_TF2_PCA512"
    assert published_head_remark(reduced, head="netvlad_v1", wanted="ResNET_TF2_PCA512") is None


def test_length_is_compared_with_the_video(tmp_path: Path) -> None:
    features = read_features(write(tmp_path / "x.npy"))
    assert length_remark(features, duration_us=5_400_000) is None
    assert "5.0 s have no features" in (length_remark(features, duration_us=10_000_000) or "")
    assert "3.0 s of features have no video" in (length_remark(features, duration_us=2_000_000) or "")


def test_an_up_to_date_file_is_told_from_others(tmp_path: Path) -> None:
    path = write(tmp_path / "x.npy")
    assert holds(path, video=INFO.video, settings={"a": 1}) is not None
    assert holds(path, video={"fingerprint": "other"}, settings={"a": 1}) is None
    assert holds(path, video=INFO.video, settings={"a": 2}) is None
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert holds(path, video=INFO.video, settings={"a": 1}) is None
    assert holds(tmp_path / "none.npy", video=INFO.video, settings={}) is None


def test_values_check_themselves() -> None:
    with pytest.raises(ValueError, match="must be"):
        Features(np.zeros(3), INFO)
    with pytest.raises(ValueError, match="rate_hz=0"):
        FeatureInfo(model="m", rate_hz=0)
    with pytest.raises(ValueError, match="not decrease"):
        FeatureInfo(model="m", times_us=(5, 4))
    with pytest.raises(ValueError, match="2 times do not fit 3 rows"):
        Features(np.zeros((3, 1)), FeatureInfo(model="m", times_us=(0, 1)))


def test_announced_shape_has_to_hold(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the blocks have 2 rows"):
        write_features(tmp_path / "x.npy", [np.zeros((2, 2))], shape=(3, 2), info=INFO)
    with pytest.raises(ValueError, match="does not fit features of width 3"):
        write_features(tmp_path / "x.npy", [np.zeros((2, 2))], shape=(2, 3), info=INFO)
    assert list(tmp_path.iterdir()) == []
