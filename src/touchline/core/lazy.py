"""Lazy public names of a package: each is imported from its module on first access (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from touchline.core.extras import missing_package


def lazy_names(
    package: str, modules: Mapping[str, Sequence[str]]
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """Make ``__all__``, ``__getattr__`` and ``__dir__`` for a package whose public names are imported on demand.

    Type checkers and editors read the first branch below, Python the second; a test compares the two::

        if TYPE_CHECKING:
            from touchline.core.events import Event as Event
        else:
            __all__, __getattr__, __dir__ = lazy_names(__name__, {"touchline.core.events": ("Event",)})

    Args:
        package: the package's ``__name__``.
        modules: public names by the module, or package of sub-packages, that defines them.

    Raises:
        ValueError: two modules define the same name.

    """
    home = {name: module for module, names in modules.items() for name in names}
    if len(home) != sum(map(len, modules.values())):
        raise ValueError(f"{package}: a name of {dict(modules)} is defined by two modules; names must be unique")
    public = sorted(home)

    def fetch(name: str) -> Any:
        if name not in home:
            known = f"it has {', '.join(public)}" if public else "it has no public names"
            raise AttributeError(f"module {package!r} has no attribute {name!r}; {known}")
        try:
            value = getattr(__import__(home[name], fromlist=[name]), name)
        except ModuleNotFoundError as error:
            raise missing_package(error) or error from None
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *public})

    return public, fetch, names
