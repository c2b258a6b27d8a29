"""Runs a compiled pipeline on this machine, task after task."""

import dataclasses
import datetime
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from kubeflow.documents import pipeline_spec, read
from kubeflow.rehearsal import image
from kubeflow.rehearsal.custom_jobs import training_service
from kubeflow.rehearsal.launching import Artifact, Artifacts, Machine, TaskFailed, launch
from kubeflow.rehearsal.specification import in_folder, read_tasks, type_name
from pipeline.display import Display
from pipeline.observer import NodeResult
from pipeline.outcome import Node, Run, outcome_lines, read_metrics, summary_rows, take_output
from pipeline.run import EXIT_NOT_BLESSED, EXIT_OK, terminated_in_order


def rehearse(specification: Path, buckets: Path) -> int:
    """Runs every task of a compiled pipeline in a process of its own, as the cloud would start it.

    A process gets the command and the arguments of the specification, an environment with nothing of this one in it,
    and the packages that the image holds. It reads and writes artifacts in a folder that stands for all buckets.

    Args:
        specification: What `tfx-bert compile` wrote.
        buckets: Stands for all buckets: ``gs://NAME/PATH`` is ``BUCKETS/NAME/PATH``.

    Returns:
        The process exit code: that of `tfx-bert run`; if a container failed, the container's.

    Raises:
        ConfigError: If there is no such file, or something else than containers in it.
    """
    spec = in_folder(pipeline_spec(read(specification)), str(buckets))
    tasks = read_tasks(spec)
    run = Run(f"{datetime.datetime.now():%Y%m%d-%H%M%S}", spec["pipelineInfo"]["name"])
    work = buckets / ".rehearsals" / run.run_id
    display = Display(sys.stdout)
    machine = _make_machine(work, Path(spec["defaultPipelineRoot"]) / run.run_id)
    made: Artifacts = {}
    with terminated_in_order(), training_service(machine) as service:
        machine = dataclasses.replace(machine, environment={**machine.environment, **service})
        for task in tasks:
            display.node_started(task.name)
            start = time.time()
            try:
                outputs = launch(task, made, machine)
            except TaskFailed as error:
                display.node_ended("failed")
                display.message(f"tfx-bert: {task.name}: {error}\nlog:    {machine.logs / f'{task.name}.log'}")
                return error.exit_code
            made |= {(task.name, key): artifact for key, artifact in outputs.items()}
            run.nodes.append(Node(task.name, "complete", start, time.time() - start, _take(run, task.name, outputs)))
            display.node_finished(NodeResult(task.name, time.time() - start, cached=False, execution_id=0))
    display.summary(f"{run.pipeline}: {len(tasks)} nodes", summary_rows(run))
    for folder in ("image", "temporary"):
        shutil.rmtree(work / folder)
    for line in [f"logs:   {machine.logs}", *outcome_lines(run)]:
        display.message(line)
    return EXIT_OK if run.blessed else EXIT_NOT_BLESSED


def _make_machine(work: Path, job: Path) -> Machine:
    folders = {name: work / name for name in ("logs", "home")}
    for folder in [*folders.values(), work / "temporary"]:
        folder.mkdir(parents=True)
    path = os.pathsep.join([str(image.make_tree(work / "image")), "/usr/local/bin", "/usr/bin", "/bin"])
    return Machine(job, path=path, environment={**image.ENVIRONMENT, "TMPDIR": str(work / "temporary")}, **folders)


def _take(run: Run, task: str, outputs: dict[str, Artifact]) -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    for artifact in outputs.values():
        take_output(run, task, type_name(artifact["type"]), artifact["uri"], artifact["metadata"], cached=False)
        metrics |= read_metrics(Path(artifact["uri"]))
    return metrics
