"""The packages of the core and of the extras: installed, or the line that installs them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from touchline.cli.health.finding import Finding
from touchline.core.extras import EXTRAS, install_line

CORE = (
    "touchline",
    "av",
    "numpy",
    "scipy",
    "openvino",
    "safetensors",
    "pydantic",
    "pyyaml",
    "typer",
    "rich",
    "orjson",
    "opencv-python-headless",
    "pyarrow",
    "jinja2",
)
"""The packages that every installation has."""


def core_packages(names: tuple[str, ...]) -> list[Finding]:
    """Return what is installed of the packages that touchline depends on."""
    findings = []
    for name in names:
        found = installed_version(name)
        if found is None:
            findings.append(Finding(name, "error", "not installed", "run: pip install --upgrade touchline"))
        else:
            findings.append(Finding(name, "ok", found))
    return findings


def torch_package() -> Finding:
    """Return the finding about torch, without which models run on the CPU only."""
    found = installed_version("torch")
    if found is None:
        return Finding("torch", "ok", "not installed; models run on the CPU", f"for a GPU: {install_line('gpu')}")
    return Finding("torch", "ok", found)


def extras() -> list[Finding]:
    """Return what is installed of every extra."""
    return list(_extras())


def _extras() -> Iterator[Finding]:
    for name, extra in EXTRAS.items():
        versions = {package: installed_version(package) for package in extra.modules.values()}
        missing = [package for package, found in versions.items() if found is None]
        there = ", ".join(f"{package} {found}" for package, found in versions.items() if found is not None)
        if not missing:
            yield Finding(f"extra {name}", "ok", f"installed, for {extra.purpose}: {there}")
        elif there:
            text = f"for {extra.purpose}: {there}; without {', '.join(missing)}"
            yield Finding(f"extra {name}", "ok", text, f"if wanted: {install_line(name)}")
        else:
            text = f"not installed, for {extra.purpose}"
            yield Finding(f"extra {name}", "ok", text, f"if wanted: {install_line(name)}")


def installed_version(package: str) -> str | None:
    """Return the version of a package; None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
