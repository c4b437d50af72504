"""A recogniser from a few example clips in class folders: frozen features, a linear head, and an honest accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.training.recognition.examples.clips import read_examples as read_examples
    from touchline.training.recognition.examples.learning import Learnt as Learnt
    from touchline.training.recognition.examples.learning import learn_examples as learn_examples
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.training.recognition.examples.clips": ("read_examples",),
            "touchline.training.recognition.examples.learning": ("Learnt", "learn_examples"),
        },
    )
