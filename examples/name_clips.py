"""Recognise a player's action, from joints with the built-in recogniser of tennis strokes or from a clip with your own.

python examples/name_clips.py stroke.npy
python examples/name_clips.py clip.mp4 my-recogniser
"""

import sys

import numpy as np

import touchline
from touchline.media import read_frames
from touchline.recognition import load_skeleton_recogniser, read_sequence, sample_clip


def main(path: str, model: str | None = None) -> str:
    if path.endswith((".npy", ".npz")):
        skeletons = load_skeleton_recogniser(model)
        joints, _ = read_sequence(path, spec=skeletons.spec)
        labels, scores = skeletons.labels, skeletons.scores(joints[np.newaxis])[0]
    else:
        clips = touchline.load_recogniser(model)
        frames = read_frames(path)
        labels, scores = clips.labels, clips.scores([sample_clip(frames.rgb, fps=frames.fps, spec=clips.spec)])[0]
    for label, score in sorted(zip(labels, scores.tolist(), strict=True), key=lambda pair: -pair[1]):
        print(f"{label:16} {score:.2f}")
    return labels[int(np.argmax(scores))]


if __name__ == "__main__":
    main(*sys.argv[1:])
