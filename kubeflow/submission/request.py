"""What is sent to Vertex AI: https://cloud.google.com/vertex-ai/docs/reference/rpc/google.cloud.aiplatform.v1."""

import copy
import dataclasses
import datetime
from typing import Any

from google.cloud.aiplatform_v1 import CreatePipelineJobRequest, CreateScheduleRequest, PipelineJob, Schedule
from google.protobuf import json_format

from components.errors import ConfigError
from kubeflow.documents import pipeline_spec
from kubeflow.submission.cron import check_cron
from pipeline import names
from pipeline.explain import nearest

# What names of Google Cloud look like: so far a dry run can tell.
_FORMS = {
    "project": names.PROJECT,
    "region": names.REGION,
    "service_account": names.SERVICE_ACCOUNT,
    "network": names.NETWORK,
    "kms_key": names.KMS_KEY,
}


@dataclasses.dataclass(frozen=True)
class Submission:
    """Where a pipeline is to run, and as whom.

    Attributes:
        project: Of Google Cloud.
        region: Of Vertex AI, such as ``europe-west4``.
        service_account: Whom the nodes run as; None: Compute Engine's default one.
        network: The VPC that the nodes are peered with; None: none.
        kms_key: Encrypts what Vertex AI keeps of the run; None: Google's key.
        labels: ``KEY=VALUE`` each.
        parameters: ``NAME=VALUE`` each, of the pipeline's parameters.
        cache: Whether earlier results may be taken, where the specification lets them.

    Raises:
        ConfigError: If something does not look like what it should be.
    """

    project: str
    region: str
    service_account: str | None = None
    network: str | None = None
    kms_key: str | None = None
    labels: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    cache: bool = True

    def __post_init__(self) -> None:
        for name, form in _FORMS.items():
            value = getattr(self, name)
            if value is not None and (problem := form.problem(value)):
                raise ConfigError(f"--{name.replace('_', '-')}", problem)
        if len(self.labels) > names.MOST_LABELS:
            raise ConfigError("--label", f"{len(self.labels)} are given: {names.MOST_LABELS} are the most")

    @property
    def parent(self) -> str:
        """The resource below which runs and schedules are."""
        return f"projects/{self.project}/locations/{self.region}"


def job_request(documents: list[dict[str, Any]], given: Submission, now: datetime.datetime) -> CreatePipelineJobRequest:
    """What starts one run.

    Args:
        documents: What `kubeflow.documents.read` returned.
        given: Where and as whom.
        now: Names the run.

    Raises:
        ConfigError: If the pipeline was not compiled for Vertex AI, or a label or a parameter is none.
    """
    request = CreatePipelineJobRequest(parent=given.parent, pipeline_job=_job(documents, given))
    request.pipeline_job_id = f"{pipeline_spec(documents)['pipelineInfo']['name']}-{now:%Y%m%d%H%M%S}"
    return request


def schedule_request(documents: list[dict[str, Any]], given: Submission, cron: str) -> CreateScheduleRequest:
    """What starts runs again and again, one at a time.

    Args:
        documents: What `kubeflow.documents.read` returned.
        given: Where and as whom.
        cron: When: five fields, ``TZ=ZONE`` before them if it is not UTC.

    Raises:
        ConfigError: As for `job_request`; or if it is no cron expression.
    """
    if wrong := check_cron(cron):
        raise ConfigError("--schedule", f"{cron!r}: {wrong}")
    schedule = Schedule(
        display_name=pipeline_spec(documents)["pipelineInfo"]["name"],
        cron=cron,
        max_concurrent_run_count=1,
        create_pipeline_job_request=CreatePipelineJobRequest(parent=given.parent, pipeline_job=_job(documents, given)),
    )
    return CreateScheduleRequest(parent=given.parent, schedule=schedule)


def to_json(request: CreatePipelineJobRequest | CreateScheduleRequest) -> str:
    """A request as the REST API writes it."""
    return json_format.MessageToJson(type(request).pb(request), sort_keys=True, ensure_ascii=False)


def _job(documents: list[dict[str, Any]], given: Submission) -> PipelineJob:
    if "pipelineSpec" not in documents[0]:
        raise ConfigError("", "the pipeline is compiled for Kubeflow: upload it there, or compile it for vertex")
    job = copy.deepcopy(documents[0])
    spec = job["pipelineSpec"]
    if not given.cache:
        for task in spec["root"]["dag"]["tasks"].values():
            task["cachingOptions"] = {}
    job["labels"] = {**job.get("labels", {}), **dict(map(_label, given.labels))}
    known = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    if given.parameters:
        job["runtimeConfig"]["parameterValues"] = dict(_parameter(text, list(known)) for text in given.parameters)
    if given.service_account:
        job["serviceAccount"] = given.service_account
    if given.network:
        job["network"] = given.network
    if given.kms_key:
        job["encryptionSpec"] = {"kmsKeyName": given.kms_key}
    message = PipelineJob()
    json_format.ParseDict(job, PipelineJob.pb(message))
    return message


def _label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    problem = names.LABEL_KEY.problem(key) or names.LABEL_VALUE.problem(value)
    if not equals or problem:
        raise ConfigError("--label", problem or f"{text!r}: write KEY=VALUE")
    return key, value


def _parameter(text: str, known: list[str]) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name not in known:
        there = nearest(name, known) if known else ": this pipeline has none"
        raise ConfigError("--parameter", f"{text!r}: is not NAME=VALUE of a parameter{there}")
    return name, value
