"""`tfx-bert`: one small function a verb.

Nothing heavy is imported here: each verb imports what it needs, so that ``--help`` and a configuration error are quick.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from components.errors import TfxBertError
from pipeline import environment

DEFAULT_ROOT = Path("runs")

app = typer.Typer(
    name="tfx-bert",
    help="BERT text classification on TFX, in English and Japanese, from raw text to a served model.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # loading rich would take a third of the time of --help
    pretty_exceptions_enable=False,
)
config_app = typer.Typer(help="Look at configurations.", no_args_is_help=True)
app.add_typer(config_app, name="config")
push_app = typer.Typer(help="Look at pushed models, and go back to an older one.", no_args_is_help=True)
app.add_typer(push_app, name="push")

Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key, for example trainer.epochs=3."),
]
Texts = Annotated[
    list[str] | None,
    typer.Argument(metavar="TEXT", help="Texts, each one argument; those that begin with - after a --."),
]
InputFile = Annotated[
    str | None,
    typer.Option("--input", metavar="FILE|-", help="JSON lines, CSV or TSV with `text`; else a document a line."),
]
RunName = Annotated[
    str | None, typer.Argument(metavar="RUN", help="As `runs` lists it, or a pipeline's name for its last run.")
]
Root = Annotated[Path, typer.Option(help="Folder of all runs: artifacts, metadata, logs, pushed models.")]
ModelDir = Annotated[Path, typer.Option("--model", metavar="DIR", help="A pushed model: ROOT/serving/NAME[/VERSION].")]


@app.command()
def run(
    preset: Annotated[str, typer.Argument(metavar="PRESET|FILE.yaml", help="A shipped preset or a file.")],
    overrides: Overrides = None,
    span: Annotated[
        int | None, typer.Option(help="Which instalment to read where `files` has {SPAN}; else the newest.")
    ] = None,
    root: Root = DEFAULT_ROOT,
) -> None:
    """Run a pipeline on this machine.

    Exit codes: 0 pushed, or nothing new to push; 2 configuration; 3 data gate; 4 not blessed; 130 stopped by you;
    143 stopped by SIGTERM; 1 anything else.
    """
    from pipeline import loading

    config = loading.load(preset, overrides or (), span)
    from pipeline.run import run_pipeline

    raise typer.Exit(run_pipeline(config, root.expanduser().resolve()))


@app.command()
def predict(
    model: ModelDir,
    texts: Texts = None,
    input_file: InputFile = None,
) -> None:
    """Classify texts with a pushed model; JSON lines out, in order."""
    from pipeline.serving.commands import print_predictions

    raise typer.Exit(print_predictions(model, texts or [], input_file))


@app.command()
def tokenize(
    texts: Texts = None,
    input_file: InputFile = None,
    tokenizer: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A tokenizer: ROOT/artifacts/NAME/Tokenizer/tokenizer/ID.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A pushed model; its cut at the maximal length shows.")
    ] = None,
) -> None:
    """Show what a tokenizer or model reads of texts; JSON lines out: cleaned text, pieces, ids."""
    from pipeline.serving.commands import print_tokens

    raise typer.Exit(print_tokens(model, tokenizer, texts or [], input_file))


@app.command("fill-mask")
def fill_mask(
    model: ModelDir,
    text: Annotated[str, typer.Argument(help="A text that contains [MASK].")],
) -> None:
    """Show the five likeliest tokens for the [MASK] of a text."""
    from pipeline.serving.commands import print_fillings

    print_fillings(model, text)


@app.command()
def runs(run_id: RunName = None, root: Root = DEFAULT_ROOT) -> None:
    """List all runs; or show one: its nodes, cached or not, time, metrics, what was pushed or refused."""
    from pipeline.display import Display
    from pipeline.runs import outcome_lines, overview_rows, read_run, read_runs, run_rows

    display = Display(sys.stdout)
    folder = root.expanduser().resolve()
    if run_id is None:
        display.summary(str(folder), overview_rows(read_runs(folder)))
        return
    record = read_run(folder, run_id)
    display.summary(f"{record.pipeline} {record.run_id}", run_rows(record))
    for line in outcome_lines(record):
        display.message(line)


@app.command()
def report(run_id: RunName = None, root: Root = DEFAULT_ROOT) -> None:
    """Print the path of a run's report: one HTML file to open in a browser."""
    from pipeline.runs import find_report

    typer.echo(find_report(root.expanduser().resolve(), run_id))


@config_app.command("show")
def config_show(
    preset: Annotated[str, typer.Argument(metavar="PRESET|FILE.yaml")],
    overrides: Overrides = None,
    describe: Annotated[bool, typer.Option("--describe", help="Say above each key what it is for.")] = False,
) -> None:
    """Print the whole configuration that a preset or file gives, defaults included."""
    from pipeline import loading

    typer.echo(loading.to_yaml(loading.load(preset, overrides or ()), describe), nl=False)


Serving = Annotated[str, typer.Argument(metavar="DIR", help="A serving directory: ROOT/serving/NAME, or its URI.")]


@push_app.command("list")
def push_list(directory: Serving) -> None:
    """List the versions of a serving directory: when, which model, its figures, which one is served."""
    from pipeline.pushed import print_versions

    print_versions(directory)


@push_app.command("rollback")
def push_rollback(
    directory: Serving,
    to: Annotated[
        int | None, typer.Option(metavar="VERSION", help="Whose model; else the one before the served one.")
    ] = None,
) -> None:
    """Serve an older version's model again, as a new version; the model it replaces is not pushed again by runs."""
    from pipeline.pushed import roll_back

    roll_back(directory, to)


def main() -> None:
    """The console script: runs a verb and turns expected errors into one message and an exit code."""
    environment.prepare()
    try:
        app()
    except TfxBertError as error:
        print(f"tfx-bert: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("tfx-bert: stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
