"""Timelines for tests of event formats: one with everything in it, and hypothesis strategies."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from touchline.core.events import Event, Timeline

RICH = Timeline(
    (
        Event("Shot", 12_345_678, confidence=0.875, team="Home", player="9 Ada", source="spotter"),
        Event("Shot", 61_000_000, 75_500_000, extra={"attributes": [["Zone", "3"], [None, "left"], ["Zone", "4"]]}),
        Event("Corner", 90_000_000, visible=False, extra={"note": "short & <low>"}),
        Event("Kick-off", 500_000),
    )
)

TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t", exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=12,
)
"""Any text that XML can hold."""

ATTRIBUTES = st.lists(st.tuples(st.none() | TEXT.map(lambda text: f"g{text}"), TEXT).map(list), max_size=4)


@st.composite
def events(draw: st.DrawFn, text: st.SearchStrategy[str] = TEXT) -> Event:
    """Any event without values of a special format."""
    start_us = draw(st.integers(0, 20_000_000_000))
    length_us = draw(st.none() | st.integers(1, 400_000_000))
    attributes = draw(ATTRIBUTES)
    note = draw(st.none() | text)
    return Event(
        label=draw(text),
        start_us=start_us,
        end_us=None if length_us is None else start_us + length_us,
        confidence=draw(st.integers(0, 1_000_000)) / 1_000_000,
        team=draw(st.none() | text),
        player=draw(st.none() | text),
        half=draw(st.integers(1, 3)),
        visible=draw(st.booleans()),
        source=draw(st.none() | text),
        extra={**({"attributes": attributes} if attributes else {}), **({"note": note} if note else {})},
    )


TIMELINES = st.lists(events(), max_size=6).map(lambda found: Timeline(tuple(found)))


def without(timeline: Timeline, *keys: str) -> Timeline:
    """The timeline without some extra values."""
    kept = [{key: value for key, value in event.extra.items() if key not in keys} for event in timeline]
    return Timeline(tuple(replace(event, extra=extra) for event, extra in zip(timeline, kept, strict=True)))
