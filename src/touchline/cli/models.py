"""``touchline models``: list, show, import and export models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from touchline.cli.common import AnyDeviceOption, DebugOption, JsonOption, Output, run_guarded

if TYPE_CHECKING:
    from touchline.models.store import Config, StoredModel

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command("list")
def list_command(device: AnyDeviceOption = "auto", json: JsonOption = False, debug: DebugOption = False) -> None:
    """List the models that can be named: built-in ones and imported ones."""

    def run() -> None:
        from touchline.models.store import list_models

        output = Output(json=json)
        models = list_models()
        for model in models:
            output.record(_record(model))
        if not json:
            width = max((len(model.path.stem) for model in models), default=0)
            for model in models:
                config = model.config
                labels = ", ".join(config.labels)
                output.say(
                    f"{model.path.stem:{width}}  {model.origin:8}  {config.task:9}  {config.architecture:15}  {labels}"
                )
            if not models:
                output.say("no models; `touchline models import FILE` adds one")

    run_guarded(run, debug=debug, json=json)


@app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(help="A model's name, or its file.")],
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show what a model is: labels, pictures, size, measured scores, and its card."""

    def run() -> None:
        from touchline.models.store import find_model, load_model

        path = find_model(name)
        network, config, sha256 = load_model(path, task="any")
        parameters = sum(parameter.numel() for parameter in network.parameters())
        output = Output(json=json)
        card = path.with_suffix(".md")
        facts = {**config.model_dump(mode="json"), "path": str(path), "sha256": sha256, "parameters": parameters}
        facts["megabytes"] = round(path.stat().st_size / 1e6, 2)
        output.record(facts)
        if not json:
            for key, value in facts.items():
                output.say(f"{key:12} {value}")
            if card.is_file():
                output.say()
                output.say(card.read_text(encoding="utf-8"))

    run_guarded(run, debug=debug, json=json)


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A checkpoint of lRomul's ball-action spotter (.pth), or a model file.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call it; the file's name without this.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for it; the user's models without this.")] = None,
    labels: Annotated[
        str | None, typer.Option("--labels", help="Class names in the order of its outputs, separated by commas.")
    ] = None,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Convert a checkpoint, once, to a model file; only weights pass, no code."""

    def run() -> None:
        from touchline.models.importing import import_model
        from touchline.models.store import load_model

        names = [label.strip() for label in labels.split(",")] if labels else None
        path = import_model(file, name=name, labels=names, out=out)
        _, config, sha256 = load_model(path, task="any")
        output = Output(json=json)
        output.record({"name": config.name, "path": str(path), "sha256": sha256, "labels": list(config.labels)})
        if not json:
            output.say(f"{config.name}: {config.architecture}, {len(config.labels)} classes -> {path}")

    run_guarded(run, debug=debug, json=json)


@app.command("export")
def export_command(
    name: Annotated[str, typer.Argument(help="A model's name, or its file.")],
    format: Annotated[Literal["onnx"], typer.Option("--format", help="What to write.")] = "onnx",
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path(),
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write a model for other runtimes: encoder and decoder as two graphs, and its configuration."""

    def run() -> None:
        from touchline.models.export import export_onnx
        from touchline.models.store import load_model

        network, config, _ = load_model(name)
        paths = export_onnx(network, config, out)
        output = Output(json=json)
        output.record({"name": config.name, "format": format, "paths": [str(path) for path in paths]})
        if not json:
            for path in paths:
                output.say(str(path))

    run_guarded(run, debug=debug, json=json)


def _record(model: StoredModel) -> dict[str, Any]:
    """A model in one JSON object."""
    config = model.config
    fps, width, height = _sampling(config)
    return {
        "name": model.path.stem,
        "task": config.task,
        "origin": model.origin,
        "architecture": config.architecture,
        "labels": list(config.labels),
        "fps": fps,
        "width": width,
        "height": height,
        "licence": config.licence,
        "path": str(model.path),
    }


def _sampling(config: Config) -> tuple[float | None, int | None, int | None]:
    """Pictures a second, width and height of what a model sees, as far as they are fixed."""
    if config.task == "spot":
        return config.frame.fps, config.frame.width, config.frame.height
    if config.task == "recognize":
        return config.clip.fps, config.clip.width, config.clip.height
    if config.task == "skeleton":
        return config.skeleton.fps, None, None
    return None, config.picture.width, config.picture.height
