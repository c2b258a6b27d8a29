"""From a configuration to a specification that Vertex AI Pipelines or Kubeflow Pipelines 2 runs.

TFX's ``KubeflowV2DagRunner`` compiles for Vertex. What Kubeflow Pipelines wants otherwise:

- the bare specification, with the root in it, instead of a job for Vertex' API;
- what only Kubernetes knows, such as node selectors, in a second document, the platform's specification
  (https://github.com/kubeflow/pipelines/tree/master/kubernetes_platform);
- no resolvers and importers: neither is in the DAG where nodes run elsewhere (see `pipeline.dag`).
"""

from typing import Any, Literal

from google.cloud.aiplatform_v1 import AcceleratorType
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2
from tfx.dsl.components.base.base_node import BaseNode
from tfx.orchestration.kubeflow.v2.kubeflow_v2_dag_runner import KubeflowV2DagRunner, KubeflowV2DagRunnerConfig

from components.errors import ConfigError
from components.example_gen.component import ExampleGen
from components.example_gen.config import ExampleGenConfig
from components.example_gen.spans import SPAN
from components.pretrainer.component import Pretrainer
from components.pusher.component import Pusher
from components.trainer.component import Trainer
from kubeflow.custom_jobs import LAUNCHER
from kubeflow.custom_jobs.request import Launch
from pipeline import names
from pipeline.config import PipelineConfig
from pipeline.dag import create_pipeline
from pipeline.explain import nearest
from pipeline.kubeflow_config import DEFAULT, CustomJobConfig, KubeflowConfig, NodeConfig

Target = Literal["vertex", "kubeflow"]
ENTRY_POINT = ["python", "-m", "kubeflow.container"]
_TRAINERS = (Pretrainer, Trainer)
_LOOKED_INTO = ("serving_directory", "accepted_directory")  # folders that change from run to run
_MOST_RETRIES = 10  # of a task of Vertex AI
_MOST_SECONDS = 2**31 - 1  # of a pod
_ResourceSpec = pipeline_spec_pb2.PipelineDeploymentConfig.PipelineContainerSpec.ResourceSpec


def compile_pipeline(config: PipelineConfig, target: Target) -> list[dict[str, Any]]:
    """Compiles a pipeline. Nothing is asked of a cloud, and nothing is looked for there.

    Args:
        config: What to compile, with URIs for paths; ``kubeflow.root`` and ``kubeflow.image`` must be set.
        target: Where it is to run.

    Returns:
        For Vertex, a ``PipelineJob`` of its API. For Kubeflow, a ``PipelineSpec``, and the platform's specification if
        something in the configuration is for Kubernetes alone.

    Raises:
        ConfigError: If something of the configuration cannot be had on the target; the message names the key.
    """
    if config.kubeflow is None or not config.kubeflow.root:
        raise ConfigError("kubeflow.root", "is not set: give --root URI, such as gs://BUCKET/tfx-bert")
    if not config.kubeflow.image:
        raise ConfigError("kubeflow.image", "is not set: give --image, which kubeflow/Dockerfile makes")
    _check(config, target)
    pipeline = create_pipeline(config, config.kubeflow.root)
    _check_nodes(config.kubeflow, pipeline.components, target)
    for node in pipeline.components:
        _give_resources(node, config.kubeflow.of(node.id))
    runner = KubeflowV2DagRunner(
        KubeflowV2DagRunnerConfig(
            default_image=config.kubeflow.image, default_commands=ENTRY_POINT, use_pipeline_spec_2_1=True
        )
    )
    job = runner.run(pipeline, write_out=False)
    spec = job["pipelineSpec"]
    looking = {node.id for node in pipeline.components if _looks_around(node)}
    for name, task in spec["root"]["dag"]["tasks"].items():
        given = config.kubeflow.of(name)
        _set_task_options(task, given, name in looking)
        if given.custom_job:
            container = spec["deploymentSpec"]["executors"][f"{name}_executor"]["container"]
            _launch_custom_job(container, f"{config.name}-{name}", given.custom_job, given.timeout)
    spec["defaultPipelineRoot"] = job["runtimeConfig"]["gcsOutputDirectory"]
    json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())  # raises at what the specification does not have
    if target == "vertex":
        return [job]
    platform = _platform_spec(config.kubeflow, list(spec["root"]["dag"]["tasks"]))
    return [spec, platform] if platform else [spec]


def _check(config: PipelineConfig, target: Target) -> None:
    kubeflow = config.kubeflow or KubeflowConfig()
    _check_form("name", names.VERTEX_PIPELINE if target == "vertex" else names.KUBEFLOW_PIPELINE, config.name)
    _check_form("kubeflow.image", names.IMAGE, kubeflow.image)
    if target == "vertex" and config.kubeflow and not str(config.kubeflow.root).startswith("gs://"):
        raise ConfigError("kubeflow.root", f"{config.kubeflow.root}: Vertex AI keeps artifacts in gs:// alone")
    scheme, _, rest = str(kubeflow.root).partition("://")
    if scheme == "gs":
        _check_form("kubeflow.root", names.BUCKET, rest.partition("/")[0])
    if config.servable_check.infra_validator:
        raise ConfigError("servable_check.infra_validator", "starts a container, which a container there cannot: false")


def _check_nodes(config: KubeflowConfig, nodes: list[BaseNode], target: Target) -> None:
    kinds = {node.id: node for node in nodes}
    for name, given in config.nodes.items():
        key = f"kubeflow.nodes.{name}"
        if name not in (DEFAULT, *kinds):
            raise ConfigError(key, f"no node of this pipeline{nearest(name, sorted(kinds))}")
        if target == "vertex" and given.node_selector:
            raise ConfigError(f"{key}.node_selector", "is for Kubeflow: Vertex AI Pipelines has none")
        if target == "vertex" and given.timeout and not given.custom_job:
            raise ConfigError(f"{key}.timeout", "is for Kubeflow: Vertex AI Pipelines has none, only a custom_job")
        if target == "kubeflow" and given.custom_job:
            raise ConfigError(f"{key}.custom_job", "is for Vertex AI: give cpu, memory and accelerator")
        if given.custom_job and not isinstance(kinds.get(name), _TRAINERS):
            raise ConfigError(f"{key}.custom_job", "is for what trains, Pretrainer and Trainer")
        if target == "vertex":
            _check_machines(key, given)
        else:
            _check_pod(key, given)


def _check_form(key: str, form: names.Form, text: str | None) -> None:
    if text is not None and (problem := form.problem(text)):
        raise ConfigError(key, problem)


def _check_pod(key: str, given: NodeConfig) -> None:
    """Whether Kubernetes takes what a node asks for."""
    for label, value in given.node_selector.items():
        if problem := names.label_key_problem(label) or names.KUBERNETES_VALUE.problem(value):
            raise ConfigError(f"{key}.node_selector", problem)
    if given.accelerator and (problem := names.label_key_problem(given.accelerator.type)):
        raise ConfigError(f"{key}.accelerator.type", problem)
    if given.timeout and given.timeout > _MOST_SECONDS:
        raise ConfigError(f"{key}.timeout", f"{given.timeout}: a pod may have {_MOST_SECONDS} seconds at most")


def _check_machines(key: str, given: NodeConfig) -> None:
    """Whether Vertex AI has what a node asks for, as far as its API's names tell."""
    job = given.custom_job
    asked = {"accelerator": given.accelerator, "custom_job.accelerator": job and job.accelerator}
    known = [name for name, kind in AcceleratorType.__members__.items() if kind]
    for name, accelerator in asked.items():
        if accelerator and accelerator.type not in known:
            there = nearest(accelerator.type, known)
            raise ConfigError(f"{key}.{name}.type", f"{accelerator.type!r} is no accelerator of Vertex AI{there}")
    if given.retries > _MOST_RETRIES:
        raise ConfigError(f"{key}.retries", f"{given.retries}: Vertex AI tries a node again {_MOST_RETRIES} times")
    if job:
        _check_form(f"{key}.custom_job.machine_type", names.MACHINE_TYPE, job.machine_type)
        _check_form(f"{key}.custom_job.tpu_topology", names.TPU_TOPOLOGY, job.tpu_topology)
        _check_form(f"{key}.custom_job.service_account", names.SERVICE_ACCOUNT, job.service_account)
        _check_form(f"{key}.custom_job.network", names.NETWORK, job.network)
        _check_form(f"{key}.custom_job.kms_key", names.KMS_KEY, job.kms_key)


def _give_resources(node: BaseNode, given: NodeConfig) -> None:
    if given.cpu or given.memory or given.accelerator:
        resources = _ResourceSpec(cpu_limit=given.cpu or 0, memory_limit=given.memory or 0)
        if given.accelerator:
            resources.accelerator.type = given.accelerator.type
            resources.accelerator.count = given.accelerator.count
        node.platform_config = resources


def _looks_around(node: BaseNode) -> bool:
    """Whether a node may find something else from run to run, although nothing that it is told has changed."""
    if isinstance(node, Pusher) or any(node.exec_properties.get(name) for name in _LOOKED_INTO):
        return True
    if not isinstance(node, ExampleGen):
        return False
    config = ExampleGenConfig.model_validate_json(node.exec_properties["config"])
    return config.span is None and any(SPAN in path for source in config.sources for path in source.paths.values())


def _set_task_options(task: dict[str, Any], given: NodeConfig, looking: bool) -> None:
    task["cachingOptions"] = {"enableCache": True} if given.cache and not looking else {}
    if given.retries:
        task["retryPolicy"] = {"maxRetryCount": given.retries}


def _launch_custom_job(container: dict[str, Any], name: str, job: CustomJobConfig, timeout: int | None) -> None:
    """Lets the node's container start a job that does what the container would have done."""
    launch = Launch(name=name, image=container["image"], command=container["command"], custom_job=job, timeout=timeout)
    container["command"] = LAUNCHER
    container["args"] = [launch.model_dump_json(exclude_none=True), *container["args"]]


def _platform_spec(config: KubeflowConfig, tasks: list[str]) -> dict[str, Any]:
    executors: dict[str, Any] = {}
    for name in tasks:
        given = config.of(name)
        options: dict[str, Any] = {}
        if given.node_selector:
            options["nodeSelector"] = {"labels": dict(given.node_selector)}
        if given.timeout:
            options["activeDeadlineSeconds"] = str(given.timeout)  # an int64, which JSON has as a string
        if options:
            executors[f"{name}_executor"] = options
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}} if executors else {}
