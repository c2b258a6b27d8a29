"""Vertex AI's API on loopback: gRPC with its own messages; keeps what it is asked, and refuses what Vertex does."""

import contextlib
import dataclasses
import re
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
from google.cloud import aiplatform_v1 as v1
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

State = v1.PipelineState
TaskState = v1.PipelineTaskDetail.State


@dataclasses.dataclass
class Vertex:
    """What is asked, and how a run goes on: each look at it gives the next of ``course``."""

    endpoint: str = ""
    jobs: list[v1.CreatePipelineJobRequest] = dataclasses.field(default_factory=list)
    schedules: list[v1.CreateScheduleRequest] = dataclasses.field(default_factory=list)
    course: list[v1.PipelineJob] = dataclasses.field(default_factory=list)
    unavailable: int = 0  # how many looks fail before one succeeds

    def create_job(self, request: v1.CreatePipelineJobRequest, context: grpc.ServicerContext) -> v1.PipelineJob:
        if not re.fullmatch(r"projects/[^/]+/locations/[a-z0-9-]+", request.parent):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"parent {request.parent!r}")
        if "forbidden" in request.parent:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "Permission 'aiplatform.pipelineJobs.create' denied\nmore")
        if not re.fullmatch(r"[a-z][-a-z0-9]{0,127}", request.pipeline_job_id):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"pipeline_job_id {request.pipeline_job_id!r}")
        spec = json_format.MessageToDict(v1.PipelineJob.pb(request.pipeline_job).pipeline_spec)
        json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
        self.jobs.append(request)
        name = f"{request.parent}/pipelineJobs/{request.pipeline_job_id}"
        return v1.PipelineJob(name=name, state=State.PIPELINE_STATE_PENDING)

    def get_job(self, request: v1.GetPipelineJobRequest, context: grpc.ServicerContext) -> v1.PipelineJob:
        if self.unavailable:
            self.unavailable -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "later")
        job = self.course.pop(0)
        job.name = request.name
        return job

    def create_schedule(self, request: v1.CreateScheduleRequest, context: grpc.ServicerContext) -> v1.Schedule:
        self.schedules.append(request)
        return v1.Schedule(name=f"{request.parent}/schedules/7")


def run_state(state: State, message: str = "", **tasks: TaskState) -> v1.PipelineJob:
    details = [
        v1.PipelineTaskDetail(task_name=name, state=one, error={"message": message if one == TaskState.FAILED else ""})
        for name, one in tasks.items()
    ]
    return v1.PipelineJob(state=state, job_detail=v1.PipelineJobDetail(task_details=details))


@contextlib.contextmanager
def vertex() -> Iterator[Vertex]:
    fake = Vertex()
    package = "google.cloud.aiplatform.v1"
    server = grpc.server(futures.ThreadPoolExecutor(2))
    jobs = {
        "CreatePipelineJob": _handler(fake.create_job, v1.CreatePipelineJobRequest, v1.PipelineJob),
        "GetPipelineJob": _handler(fake.get_job, v1.GetPipelineJobRequest, v1.PipelineJob),
    }
    schedules = {"CreateSchedule": _handler(fake.create_schedule, v1.CreateScheduleRequest, v1.Schedule)}
    server.add_generic_rpc_handlers(
        [
            grpc.method_handlers_generic_handler(f"{package}.PipelineService", jobs),
            grpc.method_handlers_generic_handler(f"{package}.ScheduleService", schedules),
        ]
    )
    fake.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield fake
    finally:
        server.stop(0).wait()


def _handler(answer: Callable[[Any, grpc.ServicerContext], Any], asked: Any, given: Any) -> grpc.RpcMethodHandler:
    return grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=asked.deserialize, response_serializer=given.serialize
    )
