"""What every training from corrections does around its own training: read, compare before and after, and record it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from touchline.core.clock import US_PER_S
from touchline.core.events import Timeline
from touchline.core.labels import BALL_FPS
from touchline.formats.corrections.reviewed import ReviewedMatch, read_reviewed
from touchline.metrics.spotting import evaluate_spotting
from touchline.models.store import LoadedModel
from touchline.training.corrections.bundles import refuse_one_video_twice, require_bundles
from touchline.training.corrections.measure import METRIC, Block, Comparison, blocks_of, compare

Found = Callable[[ReviewedMatch], Timeline]
"""Returns all events, of any confidence, that a model finds in a match's reviewed spans."""


def read_all(paths: Sequence[Path]) -> list[ReviewedMatch]:
    """Read reviewed bundles.

    Raises:
        UsageError: none is named, or two are of one video.
        InputError: one was not reviewed.

    """
    require_bundles(paths)
    matches = [read_reviewed(path) for path in paths]
    refuse_one_video_twice(matches)
    return matches


def compare_found(
    held_out: Sequence[ReviewedMatch], before: Found, after: Found, *, labels: Sequence[str]
) -> Comparison:
    """Compare what two models find in the reviewed spans that were held out."""
    blocks: list[Block] = []
    for match in held_out:
        blocks += blocks_of(match.truth, before(match), after(match), spans=match.spans)
    return compare(blocks, labels=labels, spans=[span for match in held_out for span in match.spans])


def best_thresholds(matches: Sequence[ReviewedMatch], found: Found, *, labels: Sequence[str]) -> dict[str, float]:
    """Return the threshold of the best F1 in the reviewed spans, for each label with an event that was found."""
    measurable = [match for match in matches if match.spans]
    report = evaluate_spotting(
        [match.truth for match in measurable],
        [found(match) for match in measurable],
        labels=labels,
        fps=BALL_FPS,
        metric=METRIC,
    )
    best = dict(zip(labels, report.best, strict=True))
    return {label: round(float(threshold), 3) for label, (threshold, _, _, f1) in best.items() if f1 > 0}


def origin_of(base: LoadedModel[Any], reviewed: Sequence[ReviewedMatch]) -> dict[str, Any]:
    """Return what the model card says about where a model comes from."""
    return {
        "base": base.name,
        "base_sha256": base.sha256,
        "bundles": [_facts(match, base.config.labels) for match in reviewed],
    }


def _facts(match: ReviewedMatch, labels: Sequence[str]) -> dict[str, Any]:
    used = match.only(labels)
    return {
        "name": match.name,
        "video_fingerprint": match.fingerprint,
        "minutes_reviewed": round(match.reviewed_us / US_PER_S / 60, 2),
        "accepted": len(used.accepted),
        "rejected": len(used.rejected),
        "other_labels": len(match.accepted) - len(used.accepted),
    }
