"""TF Serving's gRPC services on top of a `Service`: PredictionService, ModelService, and gRPC's own health service."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from pipeline.serving.protos import model_service_pb2_grpc, prediction_service_pb2_grpc
from pipeline.serving.server.metrics import Metrics
from pipeline.serving.server.refusals import Refusal
from pipeline.serving.server.service import Service

API = "grpc"
_LARGEST_MESSAGE = (1 << 31) - 1  # TF Serving's
_SERVED = ("", "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService")


class _Counted:
    """Answers with a `Service` and counts it."""

    def __init__(self, service: Service, metrics: Metrics) -> None:
        """Keeps what it asks.

        Args:
            service: Answers.
            metrics: Counts.
        """
        self._service = service
        self._metrics = metrics

    async def _answer(
        self, answer: Callable[[Any], Awaitable[Any]], request: Any, context: grpc.aio.ServicerContext, method: str
    ) -> Any:
        try:
            with self._metrics.counted(API, method):
                return await answer(request)
        except Refusal as refusal:
            await context.abort(refusal.code, refusal.details)


class PredictionService(_Counted, prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict, Classify and GetModelMetadata; Regress and MultiInference are not what these models do."""

    async def Predict(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        """See TF Serving's prediction_service.proto."""
        return await self._answer(self._service.predict, request, context, "Predict")

    async def Classify(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        """See TF Serving's prediction_service.proto."""
        return await self._answer(self._service.classify, request, context, "Classify")

    async def GetModelMetadata(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        """See TF Serving's prediction_service.proto."""
        return await self._answer(self._service.metadata, request, context, "GetModelMetadata")


class ModelService(_Counted, model_service_pb2_grpc.ModelServiceServicer):
    """GetModelStatus; the models of this server are not configured from outside."""

    async def GetModelStatus(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        """See TF Serving's model_service.proto."""
        return await self._answer(self._service.status, request, context, "GetModelStatus")


class HealthService(health_pb2_grpc.HealthServicer):
    """``grpc.health.v1``: serving as soon as a model answers, and until the server drains."""

    def __init__(self, service: Service) -> None:
        """Keeps what it asks.

        Args:
            service: Knows whether a model answers.
        """
        self._service = service

    async def Check(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        """See health.proto."""
        if request.service not in _SERVED:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"unknown service {request.service}")
        states = health_pb2.HealthCheckResponse
        ready = self._service.is_ready and not self._service.draining
        return states(status=states.SERVING if ready else states.NOT_SERVING)


def make_server(service: Service, health: HealthService, metrics: Metrics) -> grpc.aio.Server:
    """A server with all three services and no port yet.

    Args:
        service: Answers.
        health: Says whether it does.
        metrics: Counts.
    """
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
            ("grpc.so_reuseport", 0),  # a second server on the port must fail, not share it
        ]
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(PredictionService(service, metrics), server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelService(service, metrics), server)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    return server
