"""The reader of a broadcast's score board: finding it, reading it, and fitting clock, score and names to the reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.tracking.board.clock_fit import ClockRead as ClockRead
    from touchline.tracking.board.clock_fit import fit_clock as fit_clock
    from touchline.tracking.board.ppocr import PPOCRReader as PPOCRReader
    from touchline.tracking.board.reading import BoardReader as BoardReader
    from touchline.tracking.board.reading import TextReader as TextReader
    from touchline.tracking.board.score_fit import ScoreRead as ScoreRead
    from touchline.tracking.board.score_fit import fit_scores as fit_scores
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.tracking.board.clock_fit": ("ClockRead", "fit_clock"),
            "touchline.tracking.board.ppocr": ("PPOCRReader",),
            "touchline.tracking.board.reading": ("BoardReader", "TextReader"),
            "touchline.tracking.board.score_fit": ("ScoreRead", "fit_scores"),
        },
    )
