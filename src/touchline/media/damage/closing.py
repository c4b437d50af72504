"""What is known of a video's losses once it was read to its end: its frames compared with what the file promises."""

from __future__ import annotations

from touchline.core.clock import US_PER_S, format_clock, us_from_seconds
from touchline.media.containers.matroska import damaged_parts
from touchline.media.containers.mp4 import read_movie
from touchline.media.containers.mp4_claims import Claims, claims_of
from touchline.media.containers.structure import missing_bytes, stated_size
from touchline.media.containers.whole import is_whole
from touchline.media.facts import StreamFacts
from touchline.media.ledger import Ledger
from touchline.media.timestamps import AHEAD, BACKWARD

_SLACK_US = US_PER_S
_TAIL_BYTES = 1024


def close_book(facts: StreamFacts, ledger: Ledger, *, size_bytes: int, from_start: bool) -> None:
    """Compare what was read with what the file promises, and record a loss or a wrong header.

    Args:
        facts: properties of the stream.
        ledger: what was read of it, to its end.
        size_bytes: size of the file when reading began.
        from_start: whether reading began at the first frame.

    """
    info = facts.info
    if info.path.stat().st_size != size_bytes:
        ledger.close(reason="the file was still being written; run again when it is finished")
        return
    claims = _claims(facts) if facts.indexed else None
    if ledger.pauses and _whole(facts, claims, ledger, from_start=from_start):
        ledger.excuse_pauses()
    needed = None if claims is None else claims.needed_bytes
    missing = missing_bytes(info.path) if needed is None else max(0, needed - size_bytes)
    if missing and _reached(facts, ledger):
        ledger.close()
        ledger.remarks.append(f"the file is cut short, {missing} bytes are missing; every frame was read all the same")
    elif missing:
        ledger.close(expected_us=info.duration_us, reason=f"the file is cut short, {missing} bytes are missing")
    elif claims is not None and (claims.faults or _too_few(claims, ledger, from_start=from_start)):
        _close_contradicted(claims, ledger, from_start=from_start)
    else:
        _compare_ends(facts, ledger, size_bytes=size_bytes)
    _doubt_parts(facts, ledger, check_sums=from_start)
    _doubt_times(facts, ledger)


def _reached(facts: StreamFacts, ledger: Ledger) -> bool:
    """Return whether the frames reach the end that the file's header states; a transport stream states none."""
    stated_us = facts.info.duration_us
    return facts.headed and stated_us > 0 and abs(stated_us - ledger.end_us) < ledger.step_us


def _doubt_times(facts: StreamFacts, ledger: Ledger) -> None:
    """Record times that cannot be trusted, in a file that is damaged."""
    repaired = sum(ledger.repairs[kind] for kind in (BACKWARD, AHEAD))
    harmed = ledger.lost_any or ledger.doubts_any
    if facts.indexed and harmed and repaired * 50 > ledger.frames:
        ledger.doubt_all(f"the file's index is damaged: the times of {repaired} frames contradict")
    elif facts.unnumbered and ledger.first_loss_us is not None:
        ledger.doubt_span(ledger.first_loss_us, None, "the file has no whole index: times after a loss may be off")


def _doubt_parts(facts: StreamFacts, ledger: Ledger, *, check_sums: bool) -> None:
    """Record the damaged parts of a Matroska file, which its own structure and check sums show."""
    info = facts.info
    zero_us = us_from_seconds((facts.start_pts or 0) * facts.time_base)
    for part in damaged_parts(info.path, check_sums=check_sums):
        at_end = part.until_us is None and abs(info.duration_us - ledger.end_us) <= 2 * ledger.step_us
        if not (at_end and part.is_tail):
            until_us = None if part.until_us is None else part.until_us - zero_us
            ledger.doubt_span(part.from_us - zero_us, until_us, f"a damaged part of the file: {part.reason}")


def _claims(facts: StreamFacts) -> Claims | None:
    """Return what the index of an MP4 file promises of the stream."""
    movie = read_movie(facts.info.path)
    return None if movie is None else claims_of(movie, facts.track_number)


def _whole(facts: StreamFacts, claims: Claims | None, ledger: Ledger, *, from_start: bool) -> bool:
    """Return whether the file's own structure shows that no frame was lost."""
    if facts.indexed and claims is not None:
        listed = claims.samples is not None and not claims.faults and not ledger.hidden_inside
        return listed and not _too_few(claims, ledger, from_start=from_start)
    return is_whole(facts.info.path)


def _too_few(claims: Claims, ledger: Ledger, *, from_start: bool) -> bool:
    """Return whether fewer frames came out of the file than its index lists."""
    return from_start and claims.samples is not None and not claims.trimmed and ledger.packets_read < claims.samples


def _close_contradicted(claims: Claims, ledger: Ledger, *, from_start: bool) -> None:
    """Record the end of a stream whose index is damaged."""
    faults = "; ".join(claims.faults) or "not every frame that it lists is there"
    short = abs(claims.expected_us - ledger.end_us) > max(_SLACK_US // 2, claims.expected_us // 50)
    unharmed = (
        not claims.mistimed and not short and not ledger.repairs and not _too_few(claims, ledger, from_start=from_start)
    )
    reason = f"the file's index is damaged: {faults}"
    if unharmed:
        ledger.close()
        ledger.remarks.append(f"{reason}; every frame was read all the same")
        return
    ledger.close(expected_us=claims.expected_us, reason=reason if claims.expected_us > ledger.end_us else "")
    if claims.mistimed or not ledger.lost_any:
        ledger.doubt_all(reason)


def _compare_ends(facts: StreamFacts, ledger: Ledger, *, size_bytes: int) -> None:
    """Compare the end of the frames with the stated duration, and record a loss or a wrong header."""
    info = facts.info
    short_us = info.duration_us - ledger.end_us
    wide = max(_SLACK_US, info.duration_us // 50)
    if short_us > ledger.step_us and _unread_bytes(facts, ledger) > max(_TAIL_BYTES, size_bytes // 20):
        ledger.close(expected_us=info.duration_us, reason="the rest of the file has no pictures that can be read")
    elif short_us > wide and (facts.unnumbered or stated_size(info.path) is None):
        ledger.close(expected_us=info.duration_us, reason="the file ends before its stated duration")
    else:
        ledger.close()
        if info.duration_us and abs(info.duration_us - ledger.end_us) > wide:
            ledger.remarks.append(
                f"the file says it lasts {format_clock(info.duration_us)}, its pictures end at "
                f"{format_clock(ledger.end_us)}; the end of the pictures is used"
            )


def _unread_bytes(facts: StreamFacts, ledger: Ledger) -> int:
    """Return the bytes after the stream's last packet; 0 if that is no evidence (an MP4's index may be anywhere)."""
    if ledger.last_byte == 0 or facts.indexed:
        return 0
    return facts.info.path.stat().st_size - ledger.last_byte
