"""Speaks to Vertex AI, or to what stands for it in a test."""

import contextlib
from collections.abc import Iterator
from typing import Any

import google.auth.exceptions
import grpc
from google.api_core import exceptions, retry
from google.cloud import aiplatform_v1
from google.cloud.aiplatform_v1.services.pipeline_service.transports import PipelineServiceGrpcTransport
from google.cloud.aiplatform_v1.services.schedule_service.transports import ScheduleServiceGrpcTransport

from components.errors import TfxBertError, first_line

_PLAIN = "http://"
_PLUGIN = "Getting metadata from plugin failed"
_LOG_IN = "run `gcloud auth application-default login`, or let GOOGLE_APPLICATION_CREDENTIALS name a key file"
# What passes by itself; a job that was made and whose answer was lost is told by its id, so asking again is safe.
_RETRY = retry.Retry(predicate=retry.if_transient_error, initial=1.0, maximum=20.0, timeout=120.0)


class Client:
    """Jobs and schedules of one region."""

    def __init__(self, region: str, endpoint: str | None = None) -> None:
        """Connects at the first request.

        Args:
            region: Of Vertex AI.
            endpoint: HOST:PORT of a private endpoint; ``http://HOST:PORT`` is spoken to in the clear and without
                credentials. None: the region's public one.

        Raises:
            TfxBertError: If there are no credentials.
        """
        self.endpoint = endpoint or f"{region}-aiplatform.googleapis.com"
        with self._errors():
            self._jobs = aiplatform_v1.PipelineServiceClient(transport=self._transport(PipelineServiceGrpcTransport))
            self._schedules = aiplatform_v1.ScheduleServiceClient(
                transport=self._transport(ScheduleServiceGrpcTransport)
            )

    def start(self, request: aiplatform_v1.CreatePipelineJobRequest) -> aiplatform_v1.PipelineJob:
        """Starts a run.

        Raises:
            TfxBertError: If Vertex AI refuses it, or cannot be reached.
        """
        with self._errors():
            return self._jobs.create_pipeline_job(request, timeout=120)

    def get(self, name: str) -> aiplatform_v1.PipelineJob:
        """A run as it is now.

        Raises:
            TfxBertError: If there is none, or Vertex AI cannot be reached.
        """
        with self._errors():
            return self._jobs.get_pipeline_job(name=name, retry=_RETRY, timeout=120)

    def schedule(self, request: aiplatform_v1.CreateScheduleRequest) -> aiplatform_v1.Schedule:
        """Makes a schedule.

        Raises:
            TfxBertError: If Vertex AI refuses it, or cannot be reached.
        """
        with self._errors():
            return self._schedules.create_schedule(request, timeout=120)

    def _transport(self, kind: Any) -> Any:
        if self.endpoint.startswith(_PLAIN):
            return kind(channel=grpc.insecure_channel(self.endpoint.removeprefix(_PLAIN)))
        return kind(host=self.endpoint)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except google.auth.exceptions.DefaultCredentialsError:
            raise TfxBertError(f"there are no credentials for Google Cloud: {_LOG_IN}") from None
        except google.auth.exceptions.GoogleAuthError as error:
            raise TfxBertError(
                f"the credentials for Google Cloud do not work ({first_line(error)}): {_LOG_IN}"
            ) from None
        except (exceptions.ServiceUnavailable, exceptions.RetryError, exceptions.DeadlineExceeded) as error:
            if _PLUGIN in str(error):  # credentials that could not be refreshed, as gRPC tells it
                raise TfxBertError(f"the credentials for Google Cloud do not work: {_LOG_IN}") from None
            raise TfxBertError(f"{self.endpoint} cannot be reached: {first_line(error)}") from None
        except exceptions.GoogleAPICallError as error:
            raise TfxBertError(f"{self.endpoint} refuses: {first_line(error)}") from None
