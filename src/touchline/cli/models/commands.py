"""``touchline models``: list, show, import and export models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from touchline.cli.common import AnyDeviceOption, DebugOption, JsonOption, Output, run_guarded
from touchline.models.architectures import ARCHITECTURES, published

if TYPE_CHECKING:
    from touchline.models.specs.spec import ClipConfig
    from touchline.models.specs.tasks import Config
    from touchline.models.store import StoredModel

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
LABELS_WIDTH = 60
"""Characters of a model's labels in a list."""


def _architectures() -> str:
    """Return the networks with published weights by task, for the help."""
    by_task: dict[str, list[str]] = {}
    for name in published():
        by_task.setdefault(ARCHITECTURES[name].task, []).append(name)
    return "; ".join(f"{task}: {', '.join(names)}" for task, names in by_task.items())


@app.command("list")
def list_command(device: AnyDeviceOption = "auto", json: JsonOption = False, debug: DebugOption = False) -> None:
    """List the models that can be named: built-in ones and imported ones."""

    def run() -> None:
        from touchline.models.store import list_models

        output = Output(json=json, debug=debug)
        models = list_models()
        for model in models:
            output.record(_record(model))
        if not json:
            width = max((len(model.path.stem) for model in models), default=0)
            for model in models:
                config = model.config
                what = f"{model.origin:8}  {config.task:9}  {config.architecture:15}"
                output.say(f"{model.path.stem:{width}}  {what}  {_some(config.labels)}")
            if not models:
                output.say("no models; `touchline models import FILE` adds one")

    run_guarded(run, debug=debug, json=json)


def _some(labels: Sequence[str]) -> str:
    """The first labels as far as a line carries them, and how many there are."""
    line = shorten(", ".join(labels), LABELS_WIDTH, placeholder=" ...")
    return f"{line} ({len(labels)})" if line.endswith("...") else line


@app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(help="A model's name, or its file.")],
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show what a model is: labels, pictures, size, measured scores, and its card."""

    def run() -> None:
        from touchline.models.store import load_model

        model = load_model(name, task="any")
        path = model.path
        output = Output(json=json, debug=debug)
        card = path.with_suffix(".md")
        facts = {**model.config.model_dump(mode="json"), "path": str(path), "sha256": model.sha256}
        facts["parameters"] = sum(parameter.numel() for parameter in model.network.parameters())
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
    file: Annotated[
        Path, typer.Argument(help="A checkpoint: weights of a network, as PyTorch saves them; or a model.")
    ],
    architecture: Annotated[
        str | None,
        typer.Option(
            "--architecture",
            help="Network that FILE's weights are of, by what it is for: "
            f"{_architectures()}. Without this FILE is a checkpoint of lRomul's spotter, a published head over "
            "features, or a model file.",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="What to call it; the file's name without this.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for it; the user's models without this.")] = None,
    labels: Annotated[
        str | None,
        typer.Option("--labels", help="Class names in the order of its outputs: A,B,... or @FILE with a name a line."),
    ] = None,
    new_head: Annotated[
        bool, typer.Option("--new-head", help="Put a fresh head for --labels in place of the file's, to be trained.")
    ] = False,
    clip: Annotated[
        list[str] | None,
        typer.Option("--clip", metavar="KEY=VALUE", help="What its clips are otherwise: frames=32, color=BGR, ..."),
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option("--network", metavar="KEY=VALUE", help="What its weights do not tell: temporal=tam, size=m, ..."),
    ] = None,
    precision: Annotated[
        Literal["f32", "bf16"] | None,
        typer.Option("--precision", help="Arithmetic on a CPU, of a clip network or a model file; bf16 is faster."),
    ] = None,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Convert a checkpoint, once, to a model file; only weights pass, no code."""

    def run() -> None:
        from touchline.cli.models.imports import key_values, label_names
        from touchline.models.importing.checkpoints import import_model
        from touchline.models.store import load_model

        path = import_model(
            file,
            architecture=architecture,
            name=name,
            labels=label_names(labels),
            new_head=new_head,
            clip=key_values(clip, option="--clip"),
            network=key_values(network, option="--network"),
            precision=precision,
            out=out,
        )
        model = load_model(path, task="any")
        config = model.config
        output = Output(json=json, debug=debug)
        output.record({"name": config.name, "path": str(path), "sha256": model.sha256, "labels": list(config.labels)})
        if not json:
            output.say(f"{config.name}: {config.architecture}, {len(config.labels)} classes -> {path}")
            if config.task == "recognize":
                output.say(_clips_in_words(config))

    run_guarded(run, debug=debug, json=json)


@app.command("export")
def export_command(
    name: Annotated[str, typer.Argument(help="A model's name, or its file.")],
    format: Annotated[Literal["onnx", "openvino"], typer.Option("--format", help="What to write.")] = "onnx",
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path(),
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write a model for other runtimes: a spotter as two graphs, a recogniser as one; and its configuration."""

    def run() -> None:
        from touchline.models.exporting.graphs import export_model
        from touchline.models.store import load_model

        model = load_model(name, task="any")
        paths = export_model(model.network, model.config, out, format=format)
        output = Output(json=json, debug=debug)
        output.record({"name": model.name, "format": format, "paths": [str(path) for path in paths]})
        if not json:
            for path in paths:
                output.say(str(path))

    run_guarded(run, debug=debug, json=json)


def _clips_in_words(config: ClipConfig) -> str:
    """What a recogniser sees, and whether it can predict."""
    clip = config.clip
    rate = f"{clip.fps:g} a second" if clip.fps is not None else f"every {clip.stride}. one"
    words = f"sees {clip.frames} pictures of {clip.width}x{clip.height}, {rate}, {clip.color}, mean {clip.mean}"
    return words + ("; its head is fresh: train it before it is used" if config.untrained else "")


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
    if config.task == "spot-streams":
        return config.rate_hz, None, None
    if config.task == "recognize":
        return config.clip.fps, config.clip.width, config.clip.height
    if config.task == "skeleton":
        return config.skeleton.fps, None, None
    if config.task == "sound-features":
        return None, None, None
    return None, config.picture.width, config.picture.height
