"""Boxes of people and the ball: MOT, COCO, YOLO, and our own Parquet file of tracks."""
