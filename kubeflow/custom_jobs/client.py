"""Starts custom jobs on Vertex AI, or on what stands for it in a rehearsal."""

from google.cloud import aiplatform_v1
from google.cloud.aiplatform_v1 import CustomJob, JobState
from google.cloud.aiplatform_v1.services.job_service.transports import JobServiceGrpcTransport

from kubeflow.vertex import RETRY, TIMEOUT_SECONDS, endpoint_of, errors, transport

ENDED = (
    JobState.JOB_STATE_SUCCEEDED,
    JobState.JOB_STATE_FAILED,
    JobState.JOB_STATE_CANCELLED,
    JobState.JOB_STATE_EXPIRED,
)


class Jobs:
    """Custom jobs of one project and region."""

    def __init__(self, project: str, region: str, endpoint: str | None = None) -> None:
        """Connects at the first request.

        Args:
            project: Of Google Cloud, its name or number.
            region: Of Vertex AI.
            endpoint: See `kubeflow.vertex.endpoint_of`.

        Raises:
            TfxBertError: If there are no credentials.
        """
        self._parent = f"projects/{project}/locations/{region}"
        self._endpoint = endpoint_of(region, endpoint)
        with errors(self._endpoint):
            self._jobs = aiplatform_v1.JobServiceClient(transport=transport(JobServiceGrpcTransport, self._endpoint))

    def find(self, display_name: str) -> CustomJob | None:
        """A job of this name that has not ended, and is not about to.

        Raises:
            TfxBertError: If Vertex AI refuses, or cannot be reached.
        """
        request = aiplatform_v1.ListCustomJobsRequest(parent=self._parent, filter=f'display_name="{display_name}"')
        with errors(self._endpoint):
            found = self._jobs.list_custom_jobs(request, retry=RETRY, timeout=TIMEOUT_SECONDS)
            return next((job for job in found if job.state not in (*ENDED, JobState.JOB_STATE_CANCELLING)), None)

    def start(self, job: CustomJob) -> CustomJob:
        """Starts a job.

        Raises:
            TfxBertError: If Vertex AI refuses it, or cannot be reached.
        """
        with errors(self._endpoint):
            return self._jobs.create_custom_job(parent=self._parent, custom_job=job, timeout=TIMEOUT_SECONDS)

    def get(self, name: str) -> CustomJob:
        """A job as it is now.

        Raises:
            TfxBertError: If there is none, or Vertex AI cannot be reached.
        """
        with errors(self._endpoint):
            return self._jobs.get_custom_job(name=name, retry=RETRY, timeout=TIMEOUT_SECONDS)

    def cancel(self, name: str) -> None:
        """Stops a job.

        Raises:
            TfxBertError: If there is none, or Vertex AI cannot be reached.
        """
        with errors(self._endpoint):
            self._jobs.cancel_custom_job(name=name, retry=RETRY, timeout=TIMEOUT_SECONDS)
