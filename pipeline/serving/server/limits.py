"""The bounds of a server: what a single client can make it hold or do. `docs/serving.md` lists them for people."""

import resource

from pipeline.serving.tensors import LARGEST_RANK, MOST_TEXTS

__all__ = ["LARGEST_RANK", "MOST_TEXTS"]

# A request.
LARGEST_BODY = 64 << 20  # bytes, packed and unpacked; of a gRPC message too
LARGEST_TEXT = 1 << 20  # bytes
MOST_VALUES = 1_000_000  # JSON values, or fields of a message
DEEPEST_JSON = 64  # lists and objects in one another
LARGEST_HEAD = 64 << 10  # bytes of a request line and its headers
LARGEST_LINE = 8190  # bytes of a request line, or of one header
LARGEST_METADATA = 16 << 10  # bytes of a gRPC request's headers

# Time, in seconds.
HEAD_SECONDS = 10.0  # from the first byte of a request, or from a new connection, to the end of its headers
BODY_SECONDS = 60.0  # from the end of the headers to the end of the body
SILENT_SECONDS = 5.0  # a client that has sent nothing for so long when its time is over is not told so
IDLE_SECONDS = 300.0  # between two requests of a connection
SEND_SECONDS = 60.0  # in which a client must take some of its answer
PARSE_SECONDS = 30.0  # in which the JSON of a large body must be read
HANDSHAKE_SECONDS = 10.0  # for TLS, and for HTTP/2's first frame

# Work.
MOST_CONNECTIONS = 1_000  # to each of the two ports
MOST_STREAMS = 256  # requests at a time over one gRPC connection
MOST_WAITING = 1_000  # requests in front of the model; more are UNAVAILABLE
LARGEST_CALL = 1 << 20  # bytes of texts in one call of the model
LARGEST_PENDING = 256 << 20  # bytes of large bodies that arrive at a time
INLINE = 16 << 10  # bytes of a body that is read where it arrives; larger ones are read in a thread
IN_THREAD = 1 << 20  # bytes of a body that is read in a thread; larger ones are read in a process of their own

_RESERVED = 64  # descriptors for models, logs and everything else that is opened later
_FEWEST = 8


def connections_per_port(open_files: int) -> int:
    """How many connections each of the two ports takes.

    Raises this process's soft limit on descriptors as far as is needed and allowed.

    Args:
        open_files: Descriptors that are in use already.

    Returns:
        `MOST_CONNECTIONS`, or as many as there are descriptors for.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = open_files + _RESERVED + 2 * MOST_CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(_FEWEST, min(MOST_CONNECTIONS, (soft - open_files - _RESERVED) // 2))
