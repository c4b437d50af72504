"""Training from corrections: lessons of reviewed bundles, fine-tuning, and the gain on corrections held out."""

from __future__ import annotations
