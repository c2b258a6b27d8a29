"""Starts pipelines on Vertex AI, or on what stands for it in a test."""

from google.cloud import aiplatform_v1
from google.cloud.aiplatform_v1.services.pipeline_service.transports import PipelineServiceGrpcTransport
from google.cloud.aiplatform_v1.services.schedule_service.transports import ScheduleServiceGrpcTransport

from kubeflow.vertex import RETRY, TIMEOUT_SECONDS, endpoint_of, errors, transport


class Client:
    """Jobs and schedules of one region."""

    def __init__(self, region: str, endpoint: str | None = None) -> None:
        """Connects at the first request.

        Args:
            region: Of Vertex AI.
            endpoint: See `kubeflow.vertex.endpoint_of`.

        Raises:
            TfxBertError: If there are no credentials.
        """
        self.endpoint = endpoint_of(region, endpoint)
        with errors(self.endpoint):
            self._jobs = aiplatform_v1.PipelineServiceClient(
                transport=transport(PipelineServiceGrpcTransport, self.endpoint)
            )
            self._schedules = aiplatform_v1.ScheduleServiceClient(
                transport=transport(ScheduleServiceGrpcTransport, self.endpoint)
            )

    def start(self, request: aiplatform_v1.CreatePipelineJobRequest) -> aiplatform_v1.PipelineJob:
        """Starts a run.

        Raises:
            TfxBertError: If Vertex AI refuses it, or cannot be reached.
        """
        with errors(self.endpoint):
            return self._jobs.create_pipeline_job(request, timeout=TIMEOUT_SECONDS)

    def get(self, name: str) -> aiplatform_v1.PipelineJob:
        """A run as it is now.

        Raises:
            TfxBertError: If there is none, or Vertex AI cannot be reached.
        """
        with errors(self.endpoint):
            return self._jobs.get_pipeline_job(name=name, retry=RETRY, timeout=TIMEOUT_SECONDS)

    def schedule(self, request: aiplatform_v1.CreateScheduleRequest) -> aiplatform_v1.Schedule:
        """Makes a schedule.

        Raises:
            TfxBertError: If Vertex AI refuses it, or cannot be reached.
        """
        with errors(self.endpoint):
            return self._schedules.create_schedule(request, timeout=TIMEOUT_SECONDS)
