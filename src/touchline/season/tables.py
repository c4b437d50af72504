"""The tables of a season: every column with its type, unit and meaning; ``docs/reference/season.md`` lists the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = 1
"""Version of the tables; a season of another version is indexed again from its bundles."""

TEXT, WHOLE, SMALL, NUMBER, REAL = "text", "whole", "small", "number", "real"
FLAG, TEXTS, MODELS = "flag", "texts", "models"
"""Kinds of columns: text, int64, int32, float32, float64, true or false, list of texts, list of models."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: of the column.
        kind: one of the kinds above.
        meaning: in words, with the unit.

    """

    name: str
    kind: str
    meaning: str


def _columns(*texts: str) -> tuple[Column, ...]:
    """Return the columns that lines of ``name kind meaning`` describe."""
    rows = (line.split(None, 2) for text in texts for line in text.strip().splitlines())
    return tuple(Column(name, kind, meaning.strip()) for name, kind, meaning in rows)


_TEAM = """
team text `A` or `B` as in the bundle (A wears the lighter shirts), or what a picture spotter gave; null if unknown
team_id text the team over the season: its name if it has one, else `match/team`; null if unknown
team_name text name of the team: from the names file, from the review, else the colour of its shirts
"""
_PERSON = """
person small number of the person in the match; null if nobody can tell
given_name text name that a review gave him; null if none
person_id text the person over the season: `team/name` if he has a name, else `match/person`; null if unknown
player text name of the person: from the review, else from the names file; null if none
"""
_MOVED = """
seen_s real seconds with a box; gaps of more than half a second do not count
known_s real seconds in which the speed is known; distance and speeds cover these only
distance_m real distance covered while the speed is known, metres
top_speed_mps number highest speed held for 0.4 s, metres per second; 0 if there was none
sprint_s real seconds at 25.2 km/h or more
mean_x_m number mean place along the pitch, metres from the centre spot, to the right of the picture; null if unknown
mean_y_m number mean place across the pitch, metres from the centre spot, to the far side; null if unknown
"""
_TURNED = """
forward_x_m number mean place, turned so that the team attacks to the right, metres; null if ends are unknown
forward_y_m number the same across, metres, positive to the left of the attack
"""
_PLACES = """
x_m number where the ball was, metres from the centre spot, to the right; null if unknown
y_m number the same across, to the far side
to_x_m number where the next contact was, or where the ball went out; null if unknown
to_y_m number the same across
length_m number distance between the two, metres
attack small 1 if the team attacks to the right of the picture then, -1 if to the left; null if unknown
"""

MATCHES, EVENTS, PASSES, PLAYERS, PLAYER_HALVES, TRACKS, PLACES, KEEPERS, SOUND = (
    *("matches", "events", "passes", "players", "player_halves", "tracks", "places", "keepers", "sound"),
)

TABLES: Mapping[str, tuple[Column, ...]] = {
    MATCHES: _columns(
        """
match text the match: path of its bundle from the folder that holds the season, without `.touchline`
name text name of the match: from the names file, else the name of the bundle
date text date from the names file, as written there; null if none
bundle text path of the bundle, relative to the season's folder
report text path of the bundle's report, likewise; null if there is none
video text file name of the video
video_fingerprint text fingerprint of the video, as in the bundle's manifest
content text SHA-256 over the bundle's manifest, journal of corrections and index of keeper moments
touchline_version text version that wrote the bundle
models models task, name and SHA-256 of each model
verdict text `like`, `unlike`, `never measured` or `unchecked`: whether the models were measured on such footage
verdict_line text the same in a sentence
duration_s real length of the video, seconds
analysed_s real the same without what was lost
doubtful_s real seconds whose pictures may be wrong
in_play_s real seconds in which the ball was in play; null if not analysed
halves small number of halves that were found, 1 if they could not be
halves_from text what they were found from: `clock` (the score board), `ends` (the teams changed ends) or `none`
reviewed flag true if a person reviewed a part of it or corrected anything
reviewed_s real seconds that a person went through completely
corrections small number of commands in the journal of corrections
kit_a text colour of the shirts of team A, `#rrggbb`; null if unknown
kit_b text the same of team B
kit_name_a text the colour in a word; null if unknown
kit_name_b text the same of team B
given_name_a text name that a review gave team A; null if none
given_name_b text the same of team B
team_a text name of team A, as `team_name` elsewhere
team_b text the same of team B
parts texts what the bundle holds: `events`, `tracks`, `play`, `keepers`, `sound`, `clock`
people small number of persons with a number or name
"""
    ),
    EVENTS: _columns(
        """
match text the match, as in `matches`
event text id of the event in its bundle
half small half, from 1
time_us whole time, microseconds from the first shown frame of the video
end_us whole end of an interval, microseconds; null for a point
match_minute text minute on the score board, such as `45+3`; null if unknown
label text label of the event
confidence number 0 to 1
""",
        _TEAM,
        "track whole number of the track of who did it; null if unknown",
        _PERSON,
        _PLACES,
        """
outcome text of events that play the ball to somebody: `complete`, `intercepted`, `out` or `unknown`; else null
source text model or file that it comes from; `review` if a person added or changed it
demonstration flag true if its model was measured on other footage
reviewed flag true if a person accepted or added it
""",
    ),
    PASSES: _columns(
        """
match text the match, as in `matches`
event text id of the event in its bundle
half small half, from 1
time_us whole time, microseconds from the first shown frame of the video
label text label of the event, such as `PASS` or `CROSS`
""",
        _TEAM,
        """
from_id text `person_id` of who played the ball; null if unknown
from_player text his name; null if none
to_id text `person_id` of who was next on the ball; null if unknown
to_player text his name; null if none
from_person small number of who played the ball in the match
to_person small number of who was next on the ball
from_given_name text name that a review gave the former; null if none
to_given_name text name that a review gave the latter; null if none
outcome text `complete`, `intercepted`, `out` or `unknown`
""",
        _PLACES,
        "confidence number 0 to 1\nreviewed flag true if a person accepted or added it\n",
    ),
    PLAYERS: _columns(
        "match text the match, as in `matches`",
        _TEAM,
        _PERSON,
        "role text `player`, `goalkeeper` or `referee`: that of most of his seconds\n",
        "tracks small number of tracks that show him\n",
        _MOVED,
        _TURNED,
        "identity_confidence number 0 to 1, mean over his seconds: that the tracks are one person\n",
    ),
    PLAYER_HALVES: _columns(
        "match text the match, as in `matches`\nhalf small half, from 1",
        _TEAM,
        _PERSON,
        _MOVED,
        _TURNED,
        "attack small 1 if the team attacks to the right in this half, -1 if to the left; null if unknown",
    ),
    TRACKS: _columns(
        "match text the match, as in `matches`\ntrack whole number of the track, after the review",
        _TEAM,
        _PERSON,
        """
role text `player`, `goalkeeper` or `referee`
camera_shot small number of the camera shot
half small half at its beginning, from 1
start_us whole first box, microseconds
end_us whole last box, microseconds
""",
        _MOVED,
    ),
    PLACES: _columns(
        "match text the match, as in `matches`",
        _TEAM,
        _PERSON,
        """
x_m number middle of a cell of 5 by 4 m along the pitch, metres from the centre spot
y_m number the same across
seconds number seconds in the cell
forward flag true if places are turned so that the team attacks to the right; false if ends are unknown
""",
    ),
    KEEPERS: _columns(
        """
match text the match, as in `matches`
time_us whole time of the shot, microseconds from the first shown frame
label text label of the event
track whole the keeper's track; null if none was tracked
""",
        _TEAM,
        _PERSON,
        """
keeper text the keeper: his name, else that on the page; null if nobody is named
outcome text of the shot, in StatsBomb's words; null if unknown
technique text that the pictures show; null if they do not show one
technique_confidence number of the technique, 0 to 1; null without one
p_save number probability that an average keeper saves the shot if it is on target; null if its origin is unknown
p_low number lower end of its 95 % interval
p_high number upper end of its 95 % interval
note text why there is no technique; empty if there is one
page text address of the moment, relative to the season's folder
""",
    ),
    SOUND: _columns(
        """
match text the match, as in `matches`
kind text `whistle` or `swell` (of the crowd)
time_us whole beginning, microseconds from the first shown frame
end_us whole end of a whistle, microseconds; null for a swell
confidence number 0 to 1
pitch_hz number frequency of a whistle; null for a swell
rise_db number rise of a swell; null for a whistle
"""
    ),
}
"""The columns of each table, in order."""


def schema_of(table: str) -> pa.Schema:
    """Return the column types of a table."""
    import pyarrow as pa

    model = pa.struct([("task", pa.string()), ("name", pa.string()), ("sha256", pa.string())])
    kinds = {
        TEXT: pa.string(),
        WHOLE: pa.int64(),
        SMALL: pa.int32(),
        NUMBER: pa.float32(),
        REAL: pa.float64(),
        FLAG: pa.bool_(),
        TEXTS: pa.list_(pa.string()),
        MODELS: pa.list_(model),
    }
    return pa.schema([(column.name, kinds[column.kind]) for column in TABLES[table]])


def table_of_rows(table: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return rows as a table; a column that no row has is null."""
    schema = schema_of(table)
    return table_of_columns(table, {name: [row.get(name) for row in rows] for name in schema.names}, count=len(rows))


def table_of_columns(table: str, columns: Mapping[str, Any], *, count: int) -> pa.Table:
    """Return columns, lists or arrays, as a table of ``count`` rows; columns that are missing are null.

    NaN in a column of numbers becomes null.
    """
    import numpy as np
    import pyarrow as pa

    schema, arrays = schema_of(table), []
    for field in schema:
        values = columns.get(field.name)
        if values is None:
            arrays.append(pa.nulls(count, field.type))
        elif isinstance(values, pa.Array | pa.ChunkedArray):
            arrays.append(values.cast(field.type))
        else:
            floats = isinstance(values, np.ndarray) and values.dtype.kind == "f"
            arrays.append(pa.array(values, field.type, from_pandas=floats))
    return pa.Table.from_arrays(arrays, schema=schema)
