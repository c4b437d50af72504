"""The pitch: its keypoints, the camera's view of it, and places in metres."""
