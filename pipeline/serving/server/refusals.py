"""Why a request is not answered: TF Serving's codes and words, over gRPC and as HTTP status."""

import http

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
    grpc.StatusCode.UNAUTHENTICATED: 401,
}

_LONGEST_DETAILS = 1024  # tensorflow_serving/model_servers/grpc_status_util.cc; longer ones do not reach a client


class Refusal(Exception):
    """A request that is not answered.

    Attributes:
        code: gRPC's.
        details: What the caller is told.
        http_status: The HTTP status that stands for the code.
    """

    def __init__(self, code: grpc.StatusCode, details: str, http_status: int | None = None) -> None:
        """Keeps them.

        Args:
            code: gRPC's.
            details: What the caller is told.
            http_status: If it is another than the code's.
        """
        cut = details if len(details) <= _LONGEST_DETAILS else f"{details[:_LONGEST_DETAILS]}...TRUNCATED"
        super().__init__(f"{code.name}: {cut}")
        self.code = code
        self.details = cut
        self.http_status = http_status or _HTTP.get(code, 500)


def invalid(details: str) -> Refusal:
    """The request is wrong."""
    return Refusal(grpc.StatusCode.INVALID_ARGUMENT, details)


def not_found(name: str, version: int | None) -> Refusal:
    """There is no such model, or no such version of it."""
    what = f"Latest({name})" if version is None else f"Specific({name}, {version})"
    return Refusal(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {what}")


def no_version(name: str, version: int | None) -> Refusal:
    """There is no such model, or no such version of it, whose state could be told."""
    what = f"any versions of model {name}" if version is None else f"version {version} of model {name}"
    return Refusal(grpc.StatusCode.NOT_FOUND, f"Could not find {what}")


def no_signature(name: str) -> Refusal:
    """The model has no such signature."""
    return Refusal(grpc.StatusCode.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')


def unavailable(details: str) -> Refusal:
    """The request may be sent again, later or to another server."""
    return Refusal(grpc.StatusCode.UNAVAILABLE, details)


def exhausted(details: str) -> Refusal:
    """The server has too much to do for a request as large as this."""
    return Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, details)


def too_large(details: str) -> Refusal:
    """The request is over a bound."""
    return Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, details, http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def too_late(details: str) -> Refusal:
    """The request did not arrive in time."""
    return Refusal(grpc.StatusCode.DEADLINE_EXCEEDED, details, http.HTTPStatus.REQUEST_TIMEOUT)


def no_token() -> Refusal:
    """The request does not show the server's token."""
    return Refusal(
        grpc.StatusCode.UNAUTHENTICATED, "the request must send the server's token: Authorization: Bearer TOKEN"
    )


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
