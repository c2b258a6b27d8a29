"""Why a request is not answered: TF Serving's codes and words, over gRPC and as HTTP status."""

import grpc

# tensorflow_serving/model_servers/http_server.cc, ToHTTPStatusCode
_HTTP = {
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.INTERNAL: 500,
    grpc.StatusCode.UNAVAILABLE: 503,
}

_LONGEST_DETAILS = 1024  # tensorflow_serving/model_servers/grpc_status_util.cc; longer ones do not reach a client


class Refusal(Exception):
    """A request that is not answered.

    Attributes:
        code: gRPC's.
        details: What the caller is told.
    """

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        """Keeps both.

        Args:
            code: gRPC's.
            details: What the caller is told.
        """
        cut = details if len(details) <= _LONGEST_DETAILS else f"{details[:_LONGEST_DETAILS]}...TRUNCATED"
        super().__init__(f"{code.name}: {cut}")
        self.code = code
        self.details = cut

    @property
    def http_status(self) -> int:
        """The HTTP status that stands for the code."""
        return _HTTP.get(self.code, 500)


def invalid(details: str) -> Refusal:
    """The request is wrong."""
    return Refusal(grpc.StatusCode.INVALID_ARGUMENT, details)


def not_found(name: str, version: int | None) -> Refusal:
    """There is no such model, or no such version of it."""
    what = f"Latest({name})" if version is None else f"Specific({name}, {version})"
    return Refusal(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {what}")


def no_signature(name: str) -> Refusal:
    """The model has no such signature."""
    return Refusal(grpc.StatusCode.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')


def unavailable(details: str) -> Refusal:
    """The request may be sent again, later or to another server."""
    return Refusal(grpc.StatusCode.UNAVAILABLE, details)


def as_refusal(error: Exception) -> Refusal:
    """What a caller is told of an error: TensorFlow's own codes where it raised one."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, UnicodeError):  # lone surrogates in JSON; or TensorFlow quotes an Example that it cannot parse
        return invalid("the request holds a string that is not UTF-8, or an Example that cannot be parsed")
    code = getattr(error, "error_code", None)  # of tf.errors.OpError; the numbers are gRPC's
    details = str(getattr(error, "message", None) or error)
    known = {status.value[0]: status for status in grpc.StatusCode}
    return Refusal(known.get(code, grpc.StatusCode.INTERNAL), details)
