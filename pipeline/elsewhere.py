"""The verbs of `tfx-bert` for pipelines that run elsewhere.

As in `pipeline.cli` each imports what it needs; that is `kubeflow`, whose name a package of the index has, too.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from components.errors import ConfigError
from pipeline.arguments import Overrides, Preset, Span


def compile_(
    preset: Preset,
    target: Annotated[Literal["vertex", "kubeflow"], typer.Option(help="Vertex AI, or Kubeflow Pipelines 2.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="JSON or YAML, by its name; else pipeline.json, or .yaml."),
    ] = None,
    root: Annotated[
        str | None, typer.Option(metavar="URI", help="Folder of all runs, such as gs://BUCKET/tfx-bert.")
    ] = None,
    image: Annotated[str | None, typer.Option(help="Of all nodes; kubeflow/Dockerfile makes it.")] = None,
    overrides: Overrides = None,
    span: Span = None,
) -> None:
    """Compile a pipeline for Vertex AI or Kubeflow; no account is needed, and nothing is sent."""
    from pipeline import loading

    given = {"kubeflow.root": root, "kubeflow.image": image}
    changes = [*(overrides or ()), *(f"{key}={value}" for key, value in given.items() if value is not None)]
    config = loading.load(preset, changes, span, elsewhere=True)
    from kubeflow.commands import print_compiled

    print_compiled(config, target, output or Path("pipeline.json" if target == "vertex" else "pipeline.yaml"))


def rehearse(
    specification: Annotated[Path, typer.Argument(metavar="FILE", help="What `compile` wrote.")],
    buckets: Annotated[
        Path, typer.Option(metavar="DIR", help="Stands for all buckets: gs://NAME/PATH is DIR/NAME/PATH.")
    ] = Path("buckets"),
) -> None:
    """Run a compiled pipeline on this machine as the cloud would: each node in a process that has only the image.

    Exit codes: those of `run`; if a node failed, the node's.
    """
    from kubeflow.rehearsal.rehearse import rehearse

    raise typer.Exit(rehearse(specification, buckets.expanduser().resolve()))


def submit(
    specification: Annotated[Path, typer.Argument(metavar="FILE", help="What `compile --target vertex` wrote.")],
    project: Annotated[str, typer.Option(envvar="GOOGLE_CLOUD_PROJECT", help="Of Google Cloud.")],
    region: Annotated[str, typer.Option(envvar="GOOGLE_CLOUD_REGION", help="Of Vertex AI, such as europe-west4.")],
    service_account: Annotated[str | None, typer.Option(help="Whom the nodes run as.")] = None,
    network: Annotated[str | None, typer.Option(help="The VPC that the nodes are peered with.")] = None,
    kms_key: Annotated[str | None, typer.Option(help="Encrypts what Vertex AI keeps of the run.")] = None,
    labels: Annotated[list[str] | None, typer.Option("--label", metavar="KEY=VALUE", help="Of the run.")] = None,
    parameters: Annotated[
        list[str] | None, typer.Option("--parameter", metavar="NAME=VALUE", help="Of the pipeline's parameters.")
    ] = None,
    cache: Annotated[bool, typer.Option(help="Take earlier results for the same inputs.")] = True,
    schedule: Annotated[
        str | None, typer.Option(metavar="CRON", help="Run again and again, such as 'TZ=Asia/Tokyo 0 3 * * 1'.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Show how the run goes on until it ends.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be sent, and send nothing.")] = False,
    endpoint: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="A private one; http://HOST:PORT: without credentials.")
    ] = None,
) -> None:
    """Start a compiled pipeline on Vertex AI, now or by a schedule.

    Exit codes: 0; 2 configuration; 1 no credentials, refused, or with --wait: it did not succeed.
    """
    from kubeflow.submission.request import Submission
    from kubeflow.submission.submit import submit as send

    given = Submission(
        project, region, service_account, network, kms_key, tuple(labels or ()), tuple(parameters or ()), cache
    )
    if schedule is not None and wait:
        raise ConfigError("--wait", "has no effect with --schedule, which starts nothing now")
    raise typer.Exit(send(specification, given, schedule=schedule, dry_run=dry_run, wait=wait, endpoint=endpoint))
