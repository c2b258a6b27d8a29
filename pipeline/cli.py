"""`tfx-bert`: one small function a verb.

Nothing heavy is imported here: each verb imports what it needs, so that ``--help`` and a configuration error are quick.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from components.errors import ConfigError, TfxBertError
from pipeline import elsewhere, environment, variables
from pipeline.arguments import Overrides, Preset, Span, check_paths

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

Texts = Annotated[
    list[str] | None,
    typer.Argument(metavar="TEXT", help="Texts, each one argument; those that begin with - after a --."),
]
InputFile = Annotated[
    str | None,
    typer.Option("--input", metavar="FILE|-", help="JSON lines, CSV, Excel, ... with `text`; else a document a line."),
]
Encoding = Annotated[
    str, typer.Option(metavar="NAME", help="Encoding of the file, such as cp932; auto: found by its content.")
]
RunName = Annotated[
    str | None, typer.Argument(metavar="RUN", help="As `runs` lists it, or a pipeline's name for its last run.")
]
Root = Annotated[Path, typer.Option(help="Folder of all runs: artifacts, metadata, logs, pushed models.")]
MODEL_HELP = "A pushed model: ROOT/serving/NAME[/VERSION]."
ModelDir = Annotated[Path, typer.Option("--model", metavar="DIR", help=MODEL_HELP)]


@app.command()
def run(
    preset: Preset,
    overrides: Overrides = None,
    span: Span = None,
    root: Root = DEFAULT_ROOT,
    wait: Annotated[bool, typer.Option("--wait", help="Wait while another run works below the root.")] = False,
) -> None:
    """Run a pipeline on this machine.

    Exit codes: 0 pushed, or nothing new to push; 2 configuration; 3 data gate; 4 not blessed; 130 stopped by you;
    143 stopped by SIGTERM; 1 anything else.
    """
    from pipeline import loading

    config = loading.load(preset, overrides or (), span)
    from pipeline.run import run_pipeline

    raise typer.Exit(run_pipeline(config, root.expanduser().resolve(), wait))


@app.command()
def predict(
    texts: Texts = None,
    input_file: InputFile = None,
    encoding: Encoding = "auto",
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the lines go; the same command goes on where one was stopped."),
    ] = None,
    model: Annotated[Path | None, typer.Option("--model", metavar="DIR", help=MODEL_HELP)] = None,
    server: Annotated[
        str | None, typer.Option(metavar="HOST:PORT|URL", help="TF Serving, or `serve`: gRPC, or REST if it is a URL.")
    ] = None,
    name: Annotated[str, typer.Option(help="The model's on the server.")] = "tfx-bert",
    version: Annotated[int | None, typer.Option(help="Of the model on the server; else its newest.")] = None,
    label: Annotated[str | None, typer.Option(help="The version that the server has under this label.")] = None,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds until an answer must be there.")] = 60.0,
    batch_size: Annotated[int, typer.Option(min=1, help="Texts in one call, at most.")] = 32,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests to the server at a time.")] = 4,
    tls: Annotated[bool, typer.Option("--tls", help="Encrypt gRPC.")] = False,
    ca_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificates to trust, as PEM.")] = None,
) -> None:
    """Classify texts with a pushed model, or one on a server; JSON lines out, in order.

    The environment variable TFX_BERT_TOKEN is sent to the server as a bearer token.
    """
    from pipeline.serving import asking
    from pipeline.serving.commands import print_predictions
    from pipeline.serving.target import Target

    if (model is None) == (server is None):
        raise ConfigError("", "give either --model DIR or --server HOST:PORT")
    if model is not None:
        opened = asking.open_directory(model, batch_size, many=output is not None)
    else:
        token = os.environ.get("TFX_BERT_TOKEN")
        target = Target(str(server), name, version, label, tls, ca_file, token, timeout)
        opened = asking.open_server(target, batch_size, concurrency, many=output is not None)
    raise typer.Exit(print_predictions(opened, texts or [], input_file, output, encoding))


@app.command()
def serve(
    model: Annotated[Path, typer.Option("--model", metavar="DIR", help="A serving directory: ROOT/serving/NAME.")],
    name: Annotated[str, typer.Option(help="What clients call the model.")] = "tfx-bert",
    port: Annotated[int, typer.Option(min=0, max=65535, help="For gRPC; 0: any that is free.")] = 8500,
    rest_port: Annotated[int, typer.Option(min=0, max=65535, help="For REST; 0: any that is free.")] = 8501,
    host: Annotated[
        str, typer.Option(help="Address or name of this machine to listen on; 0.0.0.0 and :: listen on all.")
    ] = "127.0.0.1",
    tls_cert: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificate chain as PEM; turns TLS on for gRPC and REST.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Private key of the certificate, as PEM.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File with the token that clients must send as a bearer token.")
    ] = None,
    max_batch_size: Annotated[int, typer.Option(min=1, help="Texts in one call of the model, at most.")] = 64,
    batch_timeout_ms: Annotated[
        float, typer.Option(min=0, help="How long a request waits for others although the model is idle.")
    ] = 0.0,
    batching: Annotated[bool, typer.Option(help="Put requests together that wait for the model.")] = True,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="How many one call of the model may use; else by the length of its training texts."),
    ] = None,
    log_requests: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep some requests with their answers, for `drift`.")
    ] = None,
    log_rate: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="The share of requests that is kept; else 0.01.")
    ] = None,
    log_texts: Annotated[
        bool, typer.Option(help="Keep texts and answers; else only lengths, tokens, scripts, labels.")
    ] = True,
    tf_serving: Annotated[
        bool, typer.Option("--tf-serving", help="Start the real tensorflow_model_server, from PATH or in Docker.")
    ] = False,
) -> None:
    """Serve a pushed model as TF Serving does, over gRPC and REST; new versions are taken as they are pushed."""
    if tf_serving:
        from pipeline.serving import tf_serving as real

        if log_requests:
            raise ConfigError("--log-requests", "the release of TF Serving has nothing that writes requests to files")
        if tls_cert or tls_key or token_file:
            raise ConfigError(
                "--tf-serving",
                "TF Serving encrypts gRPC by its own --ssl_config_file and knows no token: put a proxy in front of it",
            )
        real.run(model, name, host, port, rest_port, max_batch_size if batching else None, batch_timeout_ms, threads)
    from pipeline.serving.server.batcher import Batching
    from pipeline.serving.server.request_log import Logging
    from pipeline.serving.server.security import Security
    from pipeline.serving.server.serve import Serving, serve

    if log_rate is not None and log_requests is None:
        raise ConfigError("--log-rate", "has no effect without --log-requests DIR")
    how = Batching(max_batch_size=max_batch_size, together=batching, timeout=batch_timeout_ms / 1000)
    log = Logging(log_requests, 0.01 if log_rate is None else log_rate, log_texts) if log_requests else None
    security = Security(tls_cert, tls_key, token_file)
    serve(Serving(model, name, host, port, rest_port, how, threads, log, security))


@app.command()
def drift(
    log: Annotated[Path, typer.Argument(metavar="DIR", help="What `serve --log-requests` wrote.")],
    model: Annotated[Path, typer.Option("--model", metavar="DIR", help="The model: ROOT/serving/NAME.")],
    limit: Annotated[
        float, typer.Option(min=0, max=1, help="The largest distance, of 0 to 1, that is no drift.")
    ] = 0.1,
) -> None:
    """Tell how served texts differ from training texts; exit code 3 if they do: lengths, tokens, scripts, labels."""
    from pipeline.drift.command import print_drift

    raise typer.Exit(print_drift(log, model, limit))


@app.command()
def tokenize(
    texts: Texts = None,
    input_file: InputFile = None,
    encoding: Encoding = "auto",
    tokenizer: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A tokenizer: ROOT/artifacts/NAME/Tokenizer/tokenizer/ID.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A pushed model; its cut at the maximal length shows.")
    ] = None,
) -> None:
    """Show what a tokenizer or model reads of texts; JSON lines out: cleaned text, pieces, ids."""
    from pipeline.serving.commands import print_tokens

    raise typer.Exit(print_tokens(model, tokenizer, texts or [], input_file, encoding))


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
    from pipeline.outcome import history_lines, outcome_lines, overview_rows, run_rows
    from pipeline.runs import read_run, read_runs

    display = Display(sys.stdout)
    folder = root.expanduser().resolve()
    if run_id is None:
        display.summary(str(folder), overview_rows(read_runs(folder)))
        return
    record = read_run(folder, run_id)
    display.summary(f"{record.pipeline} {record.run_id}", run_rows(record))
    for line in [*history_lines(record), *outcome_lines(record)]:
        display.message(line)


@app.command()
def report(run_id: RunName = None, root: Root = DEFAULT_ROOT) -> None:
    """Print the path of a run's report: one HTML file to open in a browser."""
    from pipeline.runs import find_report

    typer.echo(find_report(root.expanduser().resolve(), run_id))


@config_app.command("show")
def config_show(
    preset: Preset,
    overrides: Overrides = None,
    describe: Annotated[bool, typer.Option("--describe", help="Say above each key what it is for.")] = False,
) -> None:
    """Print the whole configuration that a preset or file gives, defaults included."""
    from pipeline import loading

    typer.echo(loading.to_yaml(loading.load(preset, overrides or ()), describe), nl=False)


app.command("compile")(elsewhere.compile_)
app.command()(elsewhere.rehearse)
app.command()(elsewhere.submit)


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
    try:
        os.getcwd()
    except OSError:
        print("tfx-bert: the current directory no longer exists: change to another one", file=sys.stderr)
        sys.exit(ConfigError.exit_code)
    environment.prepare()
    try:
        variables.check(sys.argv[1:])
        check_paths(app, sys.argv[1:])
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
    except OSError as error:  # of a file or a disk: a traceback would say no more
        print(f"tfx-bert: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}", file=sys.stderr)
        sys.exit(1)
