"""REST over the wire: paths, methods, encodings, statuses and error bodies are TF Serving's."""

import gzip
import http.client
import json
import socket
import urllib.parse
from collections.abc import Iterator

import pytest

from pipeline.serving.server.limits import LARGEST_BODY, LARGEST_HEAD, LARGEST_LINE
from tests.components.servable_check import models
from tests.pipeline.serving.inside import Inside, inside

pytestmark = pytest.mark.slow

MODEL = "/v1/models/" + urllib.parse.quote("評判")
BODY = '{"instances": ["京都"]}'.encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    directory = tmp_path_factory.mktemp("rest") / "評判"
    models.save_whole(directory / "7")
    with inside(directory) as started:
        yield started


@pytest.fixture(autouse=True)
def nothing_is_logged(server: Inside) -> Iterator[None]:
    yield
    assert server.log == []


def ask(
    server: Inside, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    connection = http.client.HTTPConnection(*server.rest_address, timeout=30)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in {**({"Content-Length": str(len(body))} if body is not None else {}), **(headers or {})}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    content = response.read().decode()
    if path != "/monitoring/prometheus/metrics" and method != "HEAD" and content:
        assert response.headers["Content-Type"] == "application/json"
        json.loads(content)
    connection.close()
    return response.status, content


def raw(server: Inside, sent: bytes) -> bytes:
    """What comes back for these very bytes, until the server closes or a second passes without more."""
    with socket.create_connection(server.rest_address, timeout=30) as connection:
        connection.sendall(sent)
        received = b""
        connection.settimeout(5)
        while b"\r\n\r\n" not in received or not received.endswith(b"}"):
            more = connection.recv(1 << 16)
            if not more:
                break
            received += more
        return received


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("POST", f"{MODEL}:predict", 200, "predictions"),
        ("POST", f"{MODEL}/versions/7:predict", 200, "predictions"),
        ("POST", f"{MODEL}/versions/007:predict", 200, "predictions"),
        ("POST", f"/V1/Models{MODEL[10:]}/VERSIONS/7:predict", 200, "predictions"),
        ("POST", f"{MODEL}%3Apredict", 200, "predictions"),  # as Python's quote writes it; not in TF Serving
        ("POST", f"http://elsewhere{MODEL}:predict", 200, "predictions"),
        ("POST", f"{MODEL}:PREDICT", 400, "Malformed request: POST"),
        ("POST", f"{MODEL}:predict?a=1", 400, "Malformed request: POST"),
        ("POST", f"{MODEL}:predict/", 400, "Malformed request: POST"),
        ("POST", f"{MODEL}:tokenize", 400, "Malformed request: POST"),
        ("POST", MODEL, 400, "Malformed request: POST"),
        ("POST", f"{MODEL}/metadata", 400, "Malformed request: POST"),
        ("POST", f"{MODEL}/versions/seven:predict", 400, "Malformed request: POST"),
        ("POST", f"{MODEL}/versions/-7:predict", 400, "Malformed request: POST"),
        ("POST", f"{MODEL}/versions/{urllib.parse.quote('７')}:predict", 400, "Malformed request: POST"),
        ("POST", f"{MODEL}/versions/7/labels/a:predict", 400, "Malformed request: POST"),
        ("POST", f"{MODEL}/versions/{2**63}:predict", 400, f"Failed to convert version: {2**63} to numeric."),
        ("POST", f"{MODEL}/versions/{'9' * 5_000}:predict", 400, "Failed to convert version"),
        ("POST", f"{MODEL}/versions/{2**63 - 1}:predict", 404, f"Specific(評判, {2**63 - 1})"),
        ("POST", f"{MODEL}/versions/8:predict", 404, "Servable not found for request: Specific(評判, 8)"),
        ("POST", "/v1/models/nobody:predict", 404, "Servable not found for request: Latest(nobody)"),
        ("POST", "/v1/models/a%2Fb%3Ac:predict", 404, "Servable not found for request: Latest(a/b:c)"),
        ("POST", "/v1/models/%FF%zz:predict", 404, "Latest(\ufffd%zz)"),
        ("POST", "/v1/models/a+b%00:predict", 404, "Latest(a+b\0)"),
        ("POST", f"{MODEL}/labels/%E5%AE%89%E5%AE%9A:predict", 400, "Unrecognized servable version label: 安定"),
        ("POST", "/v1/models:predict", 400, "Malformed request: POST"),
        ("POST", "/v1/models/:predict", 400, "Malformed request: POST"),
        ("POST", "/v1/foo", 400, "Malformed request: POST /v1/foo"),
        ("POST", "/", 404, "Not found"),
        ("POST", "/v2/models/a:predict", 404, "Not found"),
        ("GET", MODEL, 200, "AVAILABLE"),
        ("GET", f"{MODEL}/versions/7", 200, "AVAILABLE"),
        ("GET", f"{MODEL}/versions/8", 404, "Could not find version 8 of model 評判"),
        ("GET", "/v1/models/nobody", 404, "Could not find any versions of model nobody"),
        ("GET", "/v1/models", 400, "Missing model name in request."),
        ("GET", "/v1/models/", 400, "Malformed request: GET /v1/models/"),
        ("GET", f"{MODEL}/metadata", 200, "signature_def"),
        ("GET", f"{MODEL}/versions/7/metadata", 200, "signature_def"),
        ("GET", f"{MODEL}/METADATA", 200, "AVAILABLE"),
        ("GET", "/v1/models/nobody/metadata", 404, "Latest(nobody)"),
        ("GET", f"{MODEL}/labels/x/metadata", 400, "Unrecognized servable version label: x"),
        ("GET", f"{MODEL}:predict", 400, "Malformed request: GET"),
        ("PUT", f"{MODEL}:predict", 400, "Malformed request: PUT"),
        ("DELETE", MODEL, 400, "Malformed request: DELETE"),
        ("PATCH", MODEL, 400, "Malformed request: PATCH"),
        ("OPTIONS", MODEL, 400, "Origin header is missing in CORS preflight"),
        ("HEAD", MODEL, 400, ""),
        ("BREW", MODEL, 400, "Malformed"),
        ("GET", "/monitoring/prometheus/metrics", 200, "tfx_bert_model_version 7.0"),
        ("GET", "/monitoring/prometheus/metrics?a", 404, "Not found"),
    ],
)
def test_paths_and_methods(server: Inside, method: str, path: str, status: int, said: str) -> None:
    found, content = ask(server, method, path, BODY if method in ("POST", "PUT") else None)
    decoded = json.loads(content) if content.startswith("{") else content
    assert (found, said in (str(decoded["error"]) if status >= 400 and content else content)) == (status, True), content


def test_a_preflight_of_a_page(server: Inside) -> None:
    assert ask(server, "OPTIONS", f"{MODEL}:predict", headers={"Origin": "https://pages.example"}) == (200, "")


def test_status_and_metadata_are_the_protos(server: Inside) -> None:
    status = {"version": "7", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    assert json.loads(ask(server, "GET", MODEL)[1]) == {"model_version_status": [status]}
    found = json.loads(ask(server, "GET", f"{MODEL}/metadata")[1])
    assert found["model_spec"] == {"name": "評判", "signature_name": "", "version": "7"}
    text = found["metadata"]["signature_def"]["signature_def"]["serving_default"]["inputs"]["text"]
    assert text["dtype"] == "DT_STRING"
    assert text["tensor_shape"] == {"dim": [{"size": "-1", "name": ""}], "unknown_rank": False}


@pytest.mark.parametrize(
    ("encoding", "body", "status", "said"),
    [
        ("gzip", gzip.compress(BODY, mtime=0), 200, "京都"),
        ("GZip", gzip.compress(BODY, mtime=0), 200, "京都"),
        ("x-gzip", gzip.compress(BODY, mtime=0), 200, "京都"),
        ("identity", BODY, 200, "京都"),
        (" , identity", BODY, 200, "京都"),
        ("gzip", BODY, 400, "Failed to uncompress the gzipped body"),
        ("gzip", b"", 400, "Failed to uncompress the gzipped body"),
        ("gzip", gzip.compress(BODY, mtime=0)[:20], 400, "Failed to uncompress the gzipped body"),
        ("gzip", gzip.compress(b"", mtime=0), 400, "JSON Parse error: The document is empty"),
        ("gzip, gzip", gzip.compress(BODY, mtime=0), 400, "Content-Encoding: gzip, gzip cannot be read"),
        ("br", BODY, 400, "Content-Encoding: br cannot be read: send gzip, or no encoding"),
        ("deflate", BODY, 400, "Content-Encoding: deflate cannot be read"),
        ("zstd", BODY, 400, "Content-Encoding: zstd cannot be read"),
        ("", gzip.compress(BODY, mtime=0), 400, "JSON Parse error: Invalid value. at offset: 0"),
        ("gzip", gzip.compress(b" " * (LARGEST_BODY + 1), mtime=0), 413, "unpacks to more than 67,108,864 bytes"),
    ],
)
def test_content_encodings(server: Inside, encoding: str, body: bytes, status: int, said: str) -> None:
    found, content = ask(server, "POST", f"{MODEL}:predict", body, {"Content-Encoding": encoding})
    assert (found, said in content) == (status, True), content


@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=shift_jis", "", "multipart/form-data"])
def test_the_content_type_does_not_matter(server: Inside, kind: str) -> None:
    assert ask(server, "POST", f"{MODEL}:predict", BODY, {"Content-Type": kind})[0] == 200


@pytest.mark.parametrize(
    ("verb", "body", "status", "said"),
    [
        ("predict", '{"signature_name": "embed", "instances": ["abc"]}', 200, "predictions"),
        ("predict", '{"signature_name": "", "instances": ["abc"]}', 200, "label"),
        ("predict", '{"signature_name": 1, "instances": ["a"]}', 400, "'signature_name' key must be a string value."),
        ("predict", '{"signature_name": "京都", "instances": ["a"]}', 400, 'Serving signature name: "京都" not found'),
        ("predict", '{"signature_name": "embed", "signature_name": "x", "instances": ["abc"]}', 200, "predictions"),
        ("classify", '{"signature_name": "classify", "examples": [{"text": "京都", "id": 7}]}', 200, "results"),
        ("classify", '{"signature_name": "nowhere", "examples": [{"text": "a"}]}', 400, "No signature was found"),
        ("classify", '{"signature_name": "embed", "examples": [{"text": "a"}]}', 400,
         "Expected classification signature method_name to be tensorflow/serving/classify. Was: "),
        ("classify", '{"examples": []}', 400, "'examples' value is an empty array"),
        ("regress", '{"examples": [{"text": "a"}]}', 400,
         "Expected regression signature method_name to be tensorflow/serving/regress. Was: "),
        ("regress", '{"examples": [{"text": [null]}]}', 400, "unexpected JSON type: Null"),
        ("regress", "{", 400, "JSON Parse error"),
    ],
)  # fmt: skip
def test_signatures(server: Inside, verb: str, body: str, status: int, said: str) -> None:
    found, content = ask(server, "POST", f"{MODEL}:{verb}", body.encode())
    assert found == status
    assert said in (json.loads(content)["error"] if status == 400 else content)


def test_mistakes_are_found_in_the_order_of_tf_serving(server: Inside) -> None:
    """The version first, then JSON, then the model, then what is asked of it."""
    for path, body, said in (
        (f"/v1/models/nobody/versions/{2**63}:predict", b"{", "Failed to convert version"),
        ("/v1/models/nobody:predict", b"{", "JSON Parse error"),
        ("/v1/models/nobody:predict", b'{"signature_name": 1}', "signature_name"),
        ("/v1/models/nobody:predict", b"{}", "Servable not found"),
        (f"{MODEL}:predict", b'{"signature_name": "x"}', "not found in signature def"),
    ):
        assert said in ask(server, "POST", path, body)[1]


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, b"Malformed HTTP request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, b"Malformed HTTP request"),
        (b"GET /v1/models HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n", 400, b"Malformed HTTP request"),
        (b"POST /v1/models/a:predict HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, b"Malformed HTTP request"),
        (b"POST /v1/models/a:predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, b"error"),
        (b"GET /" + b"a" * 2 * LARGEST_LINE + b" HTTP/1.1\r\nHost: x\r\n\r\n", 400, b"Malformed HTTP request"),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 2 * LARGEST_LINE + b"\r\n\r\n", 400, b"Malformed HTTP request"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * LARGEST_HEAD, 431, b"have more than 65,536 bytes"),
        (b"POST /v1/models/a:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413, b"may have 67"),
        ("GET /v1/models/評 HTTP/1.1\r\nHost: x\r\n\r\n".encode(), 400, b"Malformed HTTP request"),
    ],
)  # fmt: skip
def test_what_is_no_http_or_too_large_is_answered_in_json(
    server: Inside, sent: bytes, status: int, said: bytes
) -> None:
    received = raw(server, sent)
    assert received.startswith(b"HTTP/1.1 ") or received.startswith(b"HTTP/1.0 "), received
    assert int(received[9:12]) == status or (status == 431 and int(received[9:12]) == 400)
    assert said in received or status == 431
    assert b'{"error": "' in received and b"Traceback" not in received


def test_continue_is_said_before_the_body_is_sent(server: Inside) -> None:
    head = f"POST {MODEL}:predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(server.rest_address, timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(BODY)
        assert connection.recv(20).startswith(b"HTTP/1.1 200")


def test_several_requests_over_one_connection_at_once(server: Inside) -> None:
    one = f"POST {MODEL}:predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY
    with socket.create_connection(server.rest_address, timeout=10) as connection:
        connection.sendall(one * 20)
        received = b""
        while received.count(b"HTTP/1.1 200") < 20:
            received += connection.recv(1 << 16)


def test_a_body_in_chunks(server: Inside) -> None:
    connection = http.client.HTTPConnection(*server.rest_address, timeout=10)
    connection.request("POST", f"{MODEL}:predict", iter([BODY[:5], BODY[5:]]), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})  # fmt: skip
    assert connection.getresponse().status == 200
    connection.close()


def test_large_bodies_are_read_elsewhere_and_give_the_same(server: Inside) -> None:
    texts = ["京都の寺", "グルメ"] * 30_000
    body = json.dumps({"signature_name": "embed", "instances": texts}).encode()
    assert len(body) > 1 << 20
    answers = [json.loads(ask(server, "POST", f"{MODEL}:predict", one, headers)[1])["predictions"] for one, headers in (
        (body, {}), (gzip.compress(body, mtime=0), {"Content-Encoding": "gzip"})
    )]  # fmt: skip
    small = json.loads(ask(server, "POST", f"{MODEL}:predict", json.dumps({"signature_name": "embed", "instances": texts[:2]}).encode())[1])  # fmt: skip  # noqa: E501
    assert answers[0] == answers[1] == small["predictions"] * 30_000
    for wrong, status, said in (
        (body[:-2], 400, "JSON Parse error"),
        (b"[" * (2 << 20), 400, "lists and objects in one another"),
        (b'{"a": [' + b"[]," * (2 << 20) + b"1]}", 400, "more than 1,000,000 values"),
        (b'{"instances": ["' + b"\\ud800" * (1 << 18) + b'"]}', 400, "surrogate pair"),
        (b'{"instances": ["' + b"x" * (2 << 20) + b'"]}', 400, "a text, or an Example, may have 1,048,576 bytes"),
    ):
        found, content = ask(server, "POST", f"{MODEL}:predict", wrong)
        assert (found, said in content) == (status, True), content[:300]
