"""What a published head's tensors do not show: kind of pooling, window, decoding and suppression; and how it is known.

Each comes from the user's options, or is assumed as published, in which case a line says so. Max and average pooling
have no weights of their own: where neither the options nor the file's name tell them apart, the import asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from touchline.core.errors import UsageError
from touchline.core.suggestions import did_you_mean
from touchline.models.importing.importer import first_fault
from touchline.models.networks.heads.calf import DECODINGS
from touchline.models.networks.heads.pooling import POOLS
from touchline.models.specs.stream_spec import SuppressionSpec

RATE_HZ = 2.0
_FIRST_WINDOW, _AWARE_WINDOW = 40, 30
"""Window in samples of SoccerNet's first pooling heads, 20 s, and of those of its temporally aware code, 15 s."""
EVERY_DETECTION = 1e-20
"""A floor below every detection of CALF, and above samples without one: the published code drops no detection."""
_SHARED_FLOOR = 0.01
_NAMED = {"max": re.compile(r"max", re.IGNORECASE), "mean": re.compile(r"avg|average|mean", re.IGNORECASE)}


class Choices:
    """The options that the user has set for a head, and what was assumed beside them.

    Args:
        network: ``pool``, ``window`` and ``decoding``, as given by ``--network``.
        suppression: fields of the ``SuppressionSpec``, as given by ``--suppression``.
        source: the checkpoint.

    """

    def __init__(self, network: Mapping[str, Any], *, suppression: Mapping[str, Any], source: Path) -> None:
        self._network, self._suppression, self._source = dict(network), dict(suppression), source
        self.assumed: list[str] = []

    def require_known(self, *names: str, kind: str) -> None:
        """Refuse options that this kind of head does not have.

        Raises:
            UsageError: such an option is given.

        """
        for name in self._network:
            if name not in names:
                near = did_you_mean(name, names)
                raise UsageError(f"--network {name}: {kind} takes {', '.join(f'{known}=' for known in names)}{near}")

    def pool(self, seen: str | None, *, aware: bool) -> str:
        """Return the kind of pooling.

        Args:
            seen: the kind that the tensors show; None for max or mean, which have none.
            aware: whether the size of the last layer suggests separate halves (``++``), where ``seen`` is None.

        Raises:
            UsageError: another kind is asked for than the tensors show, or nobody knows.

        """
        asked = self._network.get("pool")
        if seen is not None:
            if asked not in (None, seen):
                raise UsageError(f"{self._source}: --network pool={asked}: its tensors are those of pool={seen}")
            return seen
        plain = [pool for pool in POOLS if "vlad" not in pool]
        if asked is not None:
            if asked not in plain:
                raise UsageError(
                    f"{self._source}: --network pool={asked}: its tensors allow only {', '.join(plain)}; NetVLAD has "
                    "weights of its own"
                )
            return str(asked)
        return self._pool_of_name("++" if aware else "")

    def _pool_of_name(self, end: str) -> str:
        """Return max or mean, from the name of the file or its folder.

        Raises:
            UsageError: the name says neither, or both.

        """
        name = f"{self._source.absolute().parent.name}/{self._source.name}"
        found = [pool for pool, pattern in _NAMED.items() if pattern.search(self._source.name)]
        found = found or [pool for pool, pattern in _NAMED.items() if pattern.search(name)]
        if len(found) != 1:
            raise UsageError(
                f"{self._source}: max and average pooling have no weights, so the file cannot tell which of them it "
                f"is: add --network pool=max{end} or --network pool=mean{end}"
            )
        other = next(pool for pool in _NAMED if pool != found[0])
        self.assumed.append(f"pool={found[0]}{end}, from the name {name!r}; --network pool={other}{end} if it is wrong")
        return f"{found[0]}{end}"

    def window(self, *, pool: str, aware: bool) -> int:
        """Return the window in samples.

        Args:
            pool: kind of pooling.
            aware: whether the head is one of the temporally aware code.

        Raises:
            UsageError: not a window for this pooling.

        """
        asked = self._network.get("window")
        if asked is None:
            published, other = (_AWARE_WINDOW, _FIRST_WINDOW) if aware else (_FIRST_WINDOW, _AWARE_WINDOW)
            self.assumed.append(
                f"window={published}, {published / RATE_HZ:g} s at {RATE_HZ:g} rows per second, as published; "
                f"--network window={other} for {other / RATE_HZ:g} s"
            )
            return published
        even = pool.endswith("++")
        if not isinstance(asked, int) or isinstance(asked, bool) or asked < 2 or (even and asked % 2):
            kind = "an even number of rows" if even else "a number of rows"
            raise UsageError(f"--network window={asked}: must be {kind}, 2 or more; 15 s are window=30")
        return asked

    def decoding(self) -> str:
        """Return CALF's decoding.

        Raises:
            UsageError: an unknown one.

        """
        asked = self._network.get("decoding")
        if asked is None:
            self.assumed.append("decoding=argmax, as published; --network decoding=shared for touchline's own")
            return "argmax"
        if asked not in DECODINGS:
            raise UsageError(f"--network decoding={asked}: must be {' or '.join(DECODINGS)}")
        return str(asked)

    def suppression(self, head: str, arguments: Mapping[str, Any], *, aware: bool) -> SuppressionSpec:
        """Return the published suppression of a head, changed as the user asks.

        It is 30 s in the temporally aware code and 20 s elsewhere, with a floor of .5 for the first NetVLAD heads.

        Raises:
            UsageError: an unknown field, or a value out of range.

        """
        published: dict[str, Any] = {"window_s": 30.0 if aware else 20.0, "floor": 0.0}
        if head == "calf":
            published["floor"] = EVERY_DETECTION if arguments["decoding"] == "argmax" else _SHARED_FLOOR
        elif "vlad" in arguments["pool"] and not aware:
            published["floor"] = 0.5
        missing = [name for name in published if name not in self._suppression]
        if missing:
            words = " ".join(f"{name}={published[name]:g}" for name in missing)
            self.assumed.append(f"suppression {words}, as published; --suppression {missing[0]}=VALUE changes it")
        try:
            return SuppressionSpec.model_validate({**published, **self._suppression})
        except ValidationError as error:
            raise UsageError(f"--suppression {first_fault(error)}") from error
