"""``touchline models``: list, show, import and export models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from touchline.cli.commands import add_command, new_group
from touchline.cli.common import Output, run_guarded
from touchline.cli.options import AnyDeviceOption, DebugOption, JsonOption, SharedArguments, verb
from touchline.core.errors import EXIT_OK
from touchline.core.extras import need_extra
from touchline.core.wording import counted, ordinal
from touchline.models.architectures import ARCHITECTURES, published

if TYPE_CHECKING:
    from touchline.models.specs.spec import ClipConfig
    from touchline.models.specs.tasks import Config
    from touchline.models.store import LoadedModel, StoredModel

NameArgument = Annotated[str, typer.Argument(metavar="MODEL", help="Name or file of a model.")]
LABELS_WIDTH = 60
"""Characters of a model's labels in a list."""


def _architectures() -> str:
    """Return the networks with published weights by task, for the help."""
    by_task: dict[str, list[str]] = {}
    for name in published():
        by_task.setdefault(ARCHITECTURES[name].task, []).append(name)
    return "; ".join(f"{task}: {', '.join(names)}" for task, names in by_task.items())


def list_command(device: AnyDeviceOption = "auto", json: JsonOption = False, debug: DebugOption = False) -> None:
    """List the models and what they were measured on.

    Examples:
      touchline models list

    """

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
                output.say(f"{'':{width}}  measured on: {_measured_on(model.path)}")
            if not models:
                output.say("there are no models; add one with touchline models import FILE")

    run_guarded(run, debug=debug, json=json)


def _some(labels: Sequence[str]) -> str:
    """The first labels that fit on a line, and how many there are."""
    line = shorten(", ".join(labels), LABELS_WIDTH, placeholder=" ...")
    return f"{line} ({len(labels)})" if line.endswith("...") else line


def _measured_on(model: Path) -> str:
    """The footage that a model was measured on, in words."""
    from touchline.models.measured import measured_path, read_measured

    path = measured_path(model)
    return read_measured(path).footage if path.is_file() else "never measured"


def show_command(
    name: NameArgument,
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show a model's labels, input, size and card.

    The card gives its training data, its licence, its measured scores and its limits. Held-out results are also listed
    by match.

    Examples:
      touchline models show MODEL
      touchline models show event-fusion

    """

    def run() -> None:
        from touchline.spotting.from_tracks.fusion import NAME

        output = Output(json=json, debug=debug)
        facts, path = _fusion_facts() if name == NAME else _model_facts(name)
        output.record(facts)
        if not json:
            _say_facts(facts, card=path.with_suffix(".md"), output=output)

    run_guarded(run, debug=debug, json=json)


def _model_facts(name: str) -> tuple[dict[str, Any], Path]:
    """The facts of a network, and its file."""
    from touchline.models.safetensors_file import weights_of
    from touchline.models.store import open_model

    model = open_model(name, task="any")
    path = model.path
    facts = {**model.config.model_dump(mode="json"), "path": str(path), "sha256": model.sha256}
    facts["parameters"] = weights_of(path)
    facts["megabytes"] = round(path.stat().st_size / 1e6, 2)
    return facts | _measured_facts(path), path


def _fusion_facts() -> tuple[dict[str, Any], Path]:
    """The facts of what names events of play: labels, thresholds, and the labels that are off by default with why."""
    from touchline.models.folders import builtin_folder
    from touchline.spotting.from_tracks.fusion import NAME, load_fusion

    fusion = load_fusion()
    path = builtin_folder() / f"{NAME}.json"
    facts: dict[str, Any] = {
        "name": NAME,
        "task": "events of play",
        "labels": list(fusion.labels),
        "thresholds": fusion.thresholds,
        "off": fusion.off,
        "path": str(path),
        "sha256": fusion.sha256,
    }
    return facts | _measured_facts(path), path


def _measured_facts(path: Path) -> dict[str, Any]:
    """What a model was measured on, None if nobody says."""
    from touchline.models.measured import measured_path, read_measured

    about = read_measured(measured_path(path)) if measured_path(path).is_file() else None
    return {"measured_on": None if about is None else about.model_dump(mode="json")}


def _say_facts(facts: dict[str, Any], *, card: Path, output: Output) -> None:
    """Print the facts of a model, and its card."""
    from touchline.models.cards import read_card
    from touchline.models.measured import MeasuredOn

    about = None if facts["measured_on"] is None else MeasuredOn.model_validate(facts["measured_on"])
    for key, value in facts.items():
        if key != "measured_on":
            output.say(f"{key:12} {value}")
    output.say(f"{'measured on':12} {'never measured' if about is None else about.footage}")
    for line in () if about is None else about.lines():
        output.say(f"  {line}")
    if card.is_file():
        output.say()
        output.table(read_card(card).text)


@dataclass(frozen=True, kw_only=True)
class ImportArguments(SharedArguments):
    """What importing a model takes."""

    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Checkpoint with a network's weights as PyTorch saves them; or a model."),
    ]
    architecture: Annotated[
        str | None,
        typer.Option(
            "--architecture",
            metavar="NAME",
            help=f"Read the weights as those of this network, by task: {_architectures()}.",
            show_default="lRomul's spotter, a published spotting head or a model file",
        ),
    ] = None
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Give the model this name.", show_default="the name of the file"),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FOLDER", help="Write the model to this folder.", show_default="the user's models"
        ),
    ] = None
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="LABEL,LABEL|@FILE",
            help="Name the classes in the order of the outputs, here or one per line of a FILE.",
            show_default="the names in the file",
        ),
    ] = None
    new_head: Annotated[
        bool, typer.Option("--new-head", help="Replace the classifier with an untrained one for --labels.")
    ] = False
    clip: Annotated[
        list[str] | None,
        typer.Option(
            "--clip",
            metavar="KEY=VALUE",
            help="Change how clips are sampled, such as frames=32 or color=BGR.",
            show_default="as the architecture was published",
        ),
    ] = None
    network: Annotated[
        list[str] | None,
        typer.Option(
            "--network",
            metavar="KEY=VALUE",
            help="Set what the weights do not show, such as temporal=tam, pool=mean, window=30 or decoding=shared.",
            show_default="as the architecture was published",
        ),
    ] = None
    suppression: Annotated[
        list[str] | None,
        typer.Option(
            "--suppression",
            metavar="KEY=VALUE",
            help="Change how a spotting head suppresses weaker neighbours, such as window_s=30 or floor=0.5.",
            show_default="as the head was published",
        ),
    ] = None
    weights: Annotated[
        Literal["raw", "average"] | None,
        typer.Option(
            "--weights",
            help="Take the weights as trained or their average (EMA, SWA), of a file that holds both.",
            show_default="the only ones there are; lRomul's averages",
        ),
    ] = None
    precision: Annotated[
        Literal["f32", "bf16"] | None,
        typer.Option(
            "--precision",
            help="Calculate on a CPU with this precision, for clip networks and model files; bf16 is faster.",
            show_default="f32, or what the model file says",
        ),
    ] = None


def _import(arguments: ImportArguments, output: Output) -> int:
    """Import a checkpoint and print what it has become."""
    need_extra("gpu", what="importing a model", modules=("torch",))
    from touchline.cli.models.imports import key_values, label_names
    from touchline.models.importing.checkpoints import import_model
    from touchline.models.store import load_model

    assumed: list[str] = []
    path = import_model(
        arguments.file,
        architecture=arguments.architecture,
        name=arguments.name,
        labels=label_names(arguments.labels),
        new_head=arguments.new_head,
        clip=key_values(arguments.clip, option="--clip"),
        network=key_values(arguments.network, option="--network"),
        suppression=key_values(arguments.suppression, option="--suppression"),
        weights=arguments.weights,
        precision=arguments.precision,
        out=arguments.out,
        assumed=assumed.append,
    )
    for line in assumed:
        output.note(f"touchline: assumed: {line}")
    model = load_model(path, task="any")
    config = model.config
    if not getattr(config, "untrained", ()):
        _write_graph(model, output=output)
    record = {"name": config.name, "path": str(path), "sha256": model.sha256, "labels": list(config.labels)}
    output.record({**record, "assumed": assumed})
    if not output.json:
        classes = counted(len(config.labels), "class", "classes")
        output.say(f"{config.name}: {config.architecture}, {classes} -> {path}")
        if config.task == "recognize":
            output.table(_clips_in_words(config))
    return EXIT_OK


def _write_graph(model: LoadedModel[Any], *, output: Output) -> None:
    """Write the graph by which a CPU runs the model without torch beside it, if there can be one."""
    from touchline.models.exporting.graph_files import write_graph_file

    try:
        write_graph_file(model)
    except RuntimeError as error:  # OpenVINO's, of an operation that it does not know
        output.note(f"touchline: note: {model.name} has no graph for the CPU, so only torch runs it ({error})")


import_command = verb(
    ImportArguments,
    _import,
    about="""Import a checkpoint as a model.

    Converts the checkpoint to a safetensors file once. Only weights are read; code in the checkpoint never runs.

    Examples:
      touchline models import model-000.pth --name my-spotter
      touchline models import average-pooling.pth.tar --network pool=mean --network window=30
    """,
)


def export_command(
    name: NameArgument,
    format: Annotated[
        Literal["onnx", "openvino"], typer.Option("--format", help="Write graphs of this format.")
    ] = "onnx",
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Write the files to this folder.")] = Path(),
    device: AnyDeviceOption = "auto",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Export a model for other runtimes.

    Writes the model's graphs, two for a spotter and one for a recognizer, and its configuration.

    Examples:
      touchline models export MODEL --format onnx --out exported

    """

    def run() -> None:
        need_extra("gpu", what="exporting a model", modules=("torch",))
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
    """The input of a recognizer, and whether it is trained."""
    clip = config.clip
    taken = "every one" if clip.stride == 1 else f"every {ordinal(clip.stride)}"
    rate = taken if clip.fps is None else f"{clip.fps:g} per second"
    words = f"reads {clip.frames} frames of {clip.width}x{clip.height}, {rate}, {clip.color}, mean {clip.mean}"
    return words + ("; its classifier is untrained: train the model before use" if config.untrained else "")


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
        "measured_on": _measured_on(model.path),
        "path": str(model.path),
    }


def _sampling(config: Config) -> tuple[float | None, int | None, int | None]:
    """Frames per second, width and height of a model's input, as far as they are fixed."""
    if config.task == "spot" or config.task == "spot-dense":
        return config.frame.fps, config.frame.width, config.frame.height
    if config.task == "spot-streams":
        return config.rate_hz, None, None
    if config.task == "recognize":
        return config.clip.fps, config.clip.width, config.clip.height
    if config.task == "skeleton":
        return config.skeleton.fps, None, None
    if config.task == "sound-features" or config.task == "track-events":
        return None, None, None
    return None, config.picture.width, config.picture.height


app = new_group(help="List, show, import and export models.")
add_command(app, "list", list_command)
add_command(app, "show", show_command)
add_command(app, "import", import_command)
add_command(app, "export", export_command)
