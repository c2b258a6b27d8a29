"""Vertex AI's training service, as far as a rehearsal needs it: custom jobs run as processes of this machine.

It speaks the API's own messages on loopback, so that what starts a job is the same program as in the cloud.
"""

import contextlib
import dataclasses
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
from google.cloud import aiplatform_v1 as v1
from google.protobuf import empty_pb2

from components.errors import LOST_WORKER
from kubeflow.custom_jobs.launch import ENDPOINT, PROJECT, REGION
from kubeflow.rehearsal.launching import Machine, last_words
from kubeflow.rehearsal.ports import free_ports

State = v1.JobState
_SERVICE = "google.cloud.aiplatform.v1.JobService"
_ACCELERATOR = "TPU_NAME"  # there is none here


@dataclasses.dataclass
class _Running:
    job: v1.CustomJob
    machines: dict[str, subprocess.Popen[bytes]]


class TrainingService:
    """Runs each machine of a job as a process, with the ``TF_CONFIG`` that Vertex AI would set."""

    def __init__(self, machine: Machine) -> None:
        """Nothing runs yet.

        Args:
            machine: What stands for the machines; each gets a log of its own.
        """
        self._machine = machine
        self._jobs: dict[str, _Running] = {}
        self._lock = threading.Lock()

    def create(self, request: v1.CreateCustomJobRequest, context: grpc.ServicerContext) -> v1.CustomJob:
        """Starts all machines of a job."""
        with self._lock:
            job = request.custom_job
            job.name = f"{request.parent}/customJobs/{len(self._jobs) + 1}"
            job.state = State(State.JOB_STATE_RUNNING)
            self._jobs[job.name] = _Running(job, {})
            self._start(self._jobs[job.name])
            return job

    def get(self, request: v1.GetCustomJobRequest, context: grpc.ServicerContext) -> v1.CustomJob:
        """A job as it is now: it ends with its chief, or with the first machine that fails."""
        with self._lock:
            if request.name not in self._jobs:
                context.abort(grpc.StatusCode.NOT_FOUND, request.name)
            running = self._jobs[request.name]
            if running.job.state == State.JOB_STATE_RUNNING:
                self._look_at(running)
            return running.job

    def list(self, request: v1.ListCustomJobsRequest, context: grpc.ServicerContext) -> v1.ListCustomJobsResponse:
        """The jobs of a name, which the filter gives."""
        with self._lock:
            found = [one.job for one in self._jobs.values() if f'"{one.job.display_name}"' in request.filter]
            return v1.ListCustomJobsResponse(custom_jobs=found)

    def cancel(self, request: v1.CancelCustomJobRequest, context: grpc.ServicerContext) -> Any:
        """Stops all machines of a job."""
        with self._lock:
            running = self._jobs[request.name]
            self._end(running, State.JOB_STATE_CANCELLED)
            return empty_pb2.Empty()

    def close(self) -> None:
        """Stops what still runs."""
        with self._lock:
            for running in self._jobs.values():
                self._end(running, State.JOB_STATE_CANCELLED)

    def _start(self, running: _Running) -> None:
        job = running.job
        roles = list(_roles(job))
        cluster: dict[str, list[str]] = {}
        for (kind, _), port in zip(roles, free_ports(len(roles)), strict=True):
            cluster.setdefault(kind, []).append(f"localhost:{port}")
        for kind, number in roles:
            container = job.job_spec.worker_pool_specs[int(kind == "worker")].container_spec
            task = {"cluster": cluster, "environment": "cloud", "task": {"type": kind, "index": number}}
            given = {one.name: one.value for one in container.env if one.name != _ACCELERATOR}
            with self._log(job, f"{kind}-{number}").open("wb") as log:
                running.machines[f"{kind}-{number}"] = subprocess.Popen(
                    [*container.command, *container.args],
                    env=self._machine.variables | given | {"TF_CONFIG": json.dumps(task)},
                    cwd=self._machine.home, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                )  # fmt: skip

    def _look_at(self, running: _Running) -> None:
        codes = {name: process.poll() for name, process in running.machines.items()}
        if codes["chief-0"] == 0:
            self._end(running, State.JOB_STATE_SUCCEEDED)
            return
        said = {name: last_words(self._log(running.job, name)) for name, code in codes.items() if code}
        if said:  # whoever only says that another has ended was not the first
            name = min(said, key=lambda one: LOST_WORKER in said[one])
            running.job.error.message = f"{name} ended with {codes[name]}: {said[name]}"
            self._end(running, State.JOB_STATE_FAILED)

    def _end(self, running: _Running, state: int) -> None:
        if running.job.state != State.JOB_STATE_RUNNING:
            return
        running.job.state = State(state)
        for process in running.machines.values():
            if process.poll() is None:
                process.kill()
            process.wait()

    def _log(self, job: v1.CustomJob, name: str) -> Any:
        return self._machine.logs / f"{job.display_name}-{name}.log"


@contextlib.contextmanager
def training_service(machine: Machine) -> Iterator[dict[str, str]]:
    """Runs a `TrainingService` on loopback.

    Args:
        machine: What stands for its machines.

    Yields:
        The variables by which `kubeflow.custom_jobs.launch` finds it.
    """
    service = TrainingService(machine)
    server = grpc.server(futures.ThreadPoolExecutor(2))
    handlers = {
        "CreateCustomJob": _handler(service.create, v1.CreateCustomJobRequest, v1.CustomJob.serialize),
        "GetCustomJob": _handler(service.get, v1.GetCustomJobRequest, v1.CustomJob.serialize),
        "ListCustomJobs": _handler(service.list, v1.ListCustomJobsRequest, v1.ListCustomJobsResponse.serialize),
        "CancelCustomJob": _handler(service.cancel, v1.CancelCustomJobRequest, lambda empty: empty.SerializeToString()),
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(_SERVICE, handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield {ENDPOINT: f"http://127.0.0.1:{port}", PROJECT: "rehearsal", REGION: "here"}
    finally:
        server.stop(0).wait()
        service.close()


def _handler(answer: Callable[..., Any], asked: Any, serialize: Callable[[Any], bytes]) -> grpc.RpcMethodHandler:
    return grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=asked.deserialize, response_serializer=serialize
    )


def _roles(job: v1.CustomJob) -> Iterator[tuple[str, int]]:
    for kind, pool in zip(("chief", "worker"), job.job_spec.worker_pool_specs, strict=False):
        yield from ((kind, number) for number in range(pool.replica_count))
