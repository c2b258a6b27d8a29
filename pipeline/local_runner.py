"""Runs a pipeline on this machine, node after node in this process, with ML Metadata in SQLite.

The loop is that of TFX's ``LocalDagRunner`` (tfx/orchestration/local/local_dag_runner.py), with an observer that is
told when a node starts and ends, and the cached nodes told from the ones that ran.
"""

import time
from collections.abc import Callable, Mapping

from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.compiler import constants
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import launcher, runtime_parameter_utils, tfx_runner
from tfx.proto.orchestration import local_deployment_config_pb2, pipeline_pb2

from components.errors import known_error
from components.report.names import STOPPED
from pipeline.environment import log_error
from pipeline.metadata import connect
from pipeline.observer import NodeResult, Observer
from pipeline.time_limit import TimedOut, time_limit

DEFAULT = "default"  # in `timeout_minutes`: all nodes that it does not name
_PATIENCE = 60.0  # seconds for a database that starts again, or a lock on its file to pass


def _raise(error: TimedOut) -> None:
    raise error


class LocalRunner(tfx_runner.IrBasedRunner):
    """Runs every node of a compiled pipeline in order and keeps what became of each in `results`."""

    def __init__(
        self,
        observer: Observer,
        run_id: str,
        timeout_minutes: Mapping[str, float] | None = None,
        give_up: Callable[[TimedOut], None] = _raise,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keeps what it is given.

        Args:
            observer: Told about each node.
            run_id: The run's id, which no other run has.
            timeout_minutes: How long nodes may take, by name; `DEFAULT` for the others.
            give_up: Ends the process when a node that took too long cannot be stopped; called in another thread.
            clock: Seconds, monotonic.
        """
        self.results: list[NodeResult] = []
        self.run_id = run_id
        self._observer = observer
        self._timeouts = timeout_minutes or {}
        self._give_up = give_up
        self._clock = clock

    def run_with_ir(self, pipeline: pipeline_pb2.Pipeline, run_options: pipeline_pb2.RunOptions | None = None) -> None:
        """Runs the pipeline.

        Args:
            pipeline: Its intermediate representation.
            run_options: Not supported; must be None.

        Raises:
            Exception: What a node's executor raised, unchanged; later nodes do not run, except that the Report tells
                of a run that was refused.
        """
        if run_options is not None:
            raise ValueError("partial runs are not supported")
        runtime_parameter_utils.substitute_runtime_parameter(
            pipeline, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: self.run_id}
        )
        deployment = runner_utils.extract_local_deployment_config(pipeline)
        connection = deployment.metadata_connection_config
        database = getattr(connection, connection.WhichOneof("connection_config"))
        try:
            for node in pipeline.nodes:
                self._run_node(node.pipeline_node, pipeline, deployment, database)
        except Exception as error:
            if known := known_error(error):
                self._observer.node_ended("failed")
                self._report(str(known), pipeline, deployment, database)
            raise

    def _report(
        self,
        reason: str,
        pipeline: pipeline_pb2.Pipeline,
        deployment: local_deployment_config_pb2.LocalDeploymentConfig,
        database: metadata_store_pb2.ConnectionConfig,
    ) -> None:
        """Runs the node that tells what was measured until here, if there is one and it has not run itself."""
        started = {result.node for result in self.results}
        for node in (node.pipeline_node for node in pipeline.nodes):
            parameters = node.parameters.parameters
            if STOPPED in parameters and node.node_info.id not in started:
                parameters[STOPPED].field_value.string_value = reason
                try:
                    self._run_node(node, pipeline, deployment, database)
                except Exception as error:  # whatever it is, the error that ended the run is the one to tell
                    log_error(error)

    def _run_node(
        self,
        node: pipeline_pb2.PipelineNode,
        pipeline: pipeline_pb2.Pipeline,
        deployment: local_deployment_config_pb2.LocalDeploymentConfig,
        database: metadata_store_pb2.ConnectionConfig,
    ) -> None:
        name = node.node_info.id
        connect(database, _PATIENCE)
        self._observer.node_started(name)
        start = self._clock()
        with time_limit(name, self._timeouts.get(name, self._timeouts.get(DEFAULT)), self._give_up):
            info = launcher.Launcher(
                pipeline_node=node,
                mlmd_connection=metadata.Metadata(database),
                pipeline_info=pipeline.pipeline_info,
                pipeline_runtime_spec=pipeline.runtime_spec,
                executor_spec=runner_utils.extract_executor_spec(deployment, name),
                custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, name),
            ).launch()
        execution_id = (info.execution_id or 0) if info else 0
        cached = bool(execution_id) and _was_cached(database, execution_id)
        result = NodeResult(name, self._clock() - start, cached, execution_id)
        self.results.append(result)
        self._observer.node_finished(result)


def _was_cached(database: metadata_store_pb2.ConnectionConfig, execution_id: int) -> bool:
    with metadata.Metadata(database) as handle:
        (execution,) = handle.store.get_executions_by_id([execution_id])
    return execution.last_known_state == metadata_store_pb2.Execution.CACHED
