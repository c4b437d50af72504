"""What the page of a season reads: each table once, and sums over matches that several sections share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from touchline.season import tables
from touchline.season.folder import SeasonFolder, SeasonState

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]
SHOT_PATTERN = r"(?i)^(shots?\b.*|goal)$"
"""Labels that count as shots."""


class SeasonValues:
    """The tables of a season, each read on first use.

    Args:
        folder: the folder of the season.

    """

    def __init__(self, folder: SeasonFolder) -> None:
        self.folder = folder

    @cached_property
    def state(self) -> SeasonState:
        """The bundles of the index."""
        return self.folder.checked_state()

    @cached_property
    def matches(self) -> list[Row]:
        """The matches by date, as far as they have one, and name."""
        found: list[Row] = self.folder.read(tables.MATCHES).to_pylist()
        return sorted(found, key=lambda row: (row["date"] or "~", row["match"]))

    @cached_property
    def order(self) -> Mapping[str, int]:
        """The place of each match in the season."""
        return {row["match"]: index for index, row in enumerate(self.matches)}

    @cached_property
    def players(self) -> list[Row]:
        """The rows of the players."""
        found: list[Row] = self.folder.read(tables.PLAYERS).to_pylist()
        return found

    @cached_property
    def passes(self) -> pa.Table:
        """The passes."""
        wanted = ["match", "team_id", "from_id", "from_player", "to_id", "to_player", "outcome"]
        return self.folder.read(tables.PASSES, columns=wanted)

    @cached_property
    def label_counts(self) -> list[Row]:
        """Number of events, and of those that a person accepted, by label and match."""
        found = self.folder.read(tables.EVENTS, columns=["match", "label", "reviewed"])
        reviewed = found["reviewed"].cast("int32")
        found = found.set_column(found.schema.get_field_index("reviewed"), "reviewed", reviewed)
        counts = found.group_by(["label", "match"], use_threads=False)
        rows: list[Row] = (
            counts.aggregate([([], "count_all"), ("reviewed", "sum")])
            .rename_columns(["label", "match", "events", "reviewed"])
            .to_pylist()
        )
        return rows

    @cached_property
    def shot_counts(self) -> Mapping[tuple[str, str], int]:
        """Number of shots by person and match."""
        from pyarrow import compute

        found = self.folder.read(tables.EVENTS, columns=["person_id", "match", "label"])
        found = found.filter(
            compute.and_(
                compute.match_substring_regex(found["label"], SHOT_PATTERN), compute.is_valid(found["person_id"])
            )
        )
        return _counts(found, "person_id")

    @cached_property
    def pass_counts(self) -> Mapping[str, Mapping[tuple[str, str], int]]:
        """Number of passes by outcome, and then by person and match."""
        from pyarrow import compute

        found = self.passes.filter(compute.is_valid(self.passes["from_id"]))
        outcomes = found["outcome"].unique().to_pylist()
        return {
            outcome: _counts(found.filter(compute.equal(found["outcome"], outcome)), "from_id")
            for outcome in outcomes
            if outcome is not None
        }


def _counts(table: pa.Table, person: str) -> dict[tuple[str, str], int]:
    grouped = table.group_by([person, "match"], use_threads=False).aggregate([([], "count_all")])
    columns = (grouped[name].to_pylist() for name in (person, "match", "count_all"))
    return {(who, match): count for who, match, count in zip(*columns, strict=True)}
