"""Whether a video is like the footage that the models were measured on: facts about the video, and the comparison."""
