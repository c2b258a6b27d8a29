"""The client against the server, over both APIs: right questions are answered, wrong ones refused as by TF Serving."""

import asyncio
import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from components.errors import ConfigError
from pipeline.serving.answers import Prediction
from pipeline.serving.client import AsyncClient, Client, Failure
from pipeline.serving.target import ServingError, Target, TensorSpec
from tests.components.servable_check import models
from tests.pipeline.serving.running import MAIN, REPOSITORY, Running

pytestmark = pytest.mark.slow

TEXTS = ["京都の寺", "携帯電話を買った", "", "スポーツ", "グルメ" * 50]


@pytest.fixture(params=["grpc", "rest"])
def client(server: Running, request: pytest.FixtureRequest) -> Iterator[Client]:
    with Client(getattr(server, request.param), name="評判", batch_size=2) as opened:
        yield opened


def test_texts_are_classified_in_order(client: Client) -> None:
    answers = client.classify(TEXTS)
    assert [answers[place].label for place in (0, 1, 3, 4)] == ["京都", "携帯電話", "スポーツ", "グルメ"]
    assert answers[0].score == pytest.approx(0.7112, abs=1e-4)
    assert answers[0].probabilities["京都"] == pytest.approx(0.7112, abs=1e-4)
    assert answers[2].probabilities == pytest.approx(dict.fromkeys(models.LABELS, 0.25))
    assert client.classify([]) == []


def test_the_classification_api(client: Client) -> None:
    first, second = client.classification(["京都の寺", b"\xff\xfe"])
    assert first["京都"] == pytest.approx(0.7112, abs=1e-4)
    assert list(second) == models.LABELS


def test_any_signature(client: Client) -> None:
    tokens = client.predict({"text": ["京都", "寺"]}, "tokenize")
    assert tokens["pieces"].tolist() == [["京".encode(), "都".encode()], ["寺".encode(), b""]]
    assert tokens["length"].tolist() == [2, 1]
    embedded = client.predict({"text": np.array([b"abc"], object)}, "embed")
    assert embedded["embedding"].tolist() == [[3.0, 6.0]]


def test_one_text_is_not_taken_for_many_and_other_things_not_for_texts(client: Client) -> None:
    with pytest.raises(TypeError, match="put it into a list"):
        client.classify("京都")
    with pytest.raises(TypeError, match="a text must be str or bytes, not NoneType"):
        list(client.stream(["京都", None]))  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--label", "stable"], "--label: "),
        (["--version", "8"], "--version or --name: "),
        (["--name", "nobody"], "--name: "),
    ],
)
def test_a_model_that_the_server_does_not_have(server: Running, options: list[str], said: str) -> None:
    for address in (server.grpc, server.rest):
        words = ["predict", "--server", address, "--name", "評判", *options, "京都"]
        done = subprocess.run([sys.executable, "-c", MAIN, *words], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr and "as asked for" in done.stderr


def test_the_other_port(server: Running) -> None:
    for address, hint in ((server.rest.removeprefix("http://"), "write http://"), (f"http://{server.grpc}", "gRPC")):
        words = ["predict", "--server", address, "京都"]
        done = subprocess.run([sys.executable, "-c", MAIN, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 1 and hint in done.stderr and "Traceback" not in done.stderr


def test_signatures_and_versions(client: Client) -> None:
    signatures = client.metadata()
    assert signatures["classify"].method == "tensorflow/serving/classify"
    assert signatures["serving_default"].inputs == {"text": TensorSpec("DT_STRING", (-1,))}
    assert [(one.version, one.state, one.error) for one in client.status()] == [(7, "AVAILABLE", "")]


@pytest.mark.parametrize(
    ("inputs", "signature", "code", "said"),
    [
        ({"text": ["a"]}, "nowhere", "FAILED_PRECONDITION", '"nowhere" not found'),
        ({"texts": ["a"]}, "serving_default", "INVALID_ARGUMENT", "required: {text}|Missing named input: text"),
        ({"text": [1.5]}, "serving_default", "INVALID_ARGUMENT", "to be string|expected type: string"),
        ({"text": [["a"]]}, "serving_default", "INVALID_ARGUMENT", r"shape \[N\] but get \[1, 1\]"),
        ({"examples": [b"no Example"]}, "tf_example", "INVALID_ARGUMENT", "Could not parse example"),
    ],
)
def test_wrong_requests(client: Client, inputs: dict[str, object], signature: str, code: str, said: str) -> None:
    with pytest.raises(ServingError, match=said) as refused:
        client.predict(inputs, signature)
    # Over HTTP a precondition that fails and a wrong argument have the same status.
    assert refused.value.code == (code if not client.target.is_rest else "INVALID_ARGUMENT")
    assert client.classify(["京都"])[0].label == "京都"


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ({"name": "nobody"}, "NOT_FOUND", r"Latest\(nobody\)"),
        ({"version": 8}, "NOT_FOUND", r"Specific\(評判, 8\)"),
        ({"label": "stable"}, "INVALID_ARGUMENT", "Unrecognized servable version label: stable"),
    ],
)
def test_models_that_are_not_there(client: Client, target: dict[str, object], code: str, said: str) -> None:
    with Client(client.target.server, **{"name": "評判", **target}) as other:
        with pytest.raises(ServingError, match=said) as refused:
            other.classify(["京都"])
        assert refused.value.code == code


def test_the_version_by_its_number(client: Client) -> None:
    with Client(client.target.server, name="評判", version=7) as other:
        assert other.classify(["京都"])[0].label == "京都"


def test_texts_come_and_answers_go_without_end(client: Client) -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "京都" if taken % 2 else "グルメ"

    answers = client.stream(endless())
    labels = [answer.label for _, answer in zip(range(20), answers, strict=False) if isinstance(answer, Prediction)]
    assert labels == ["京都", "グルメ"] * 10
    assert taken <= 20 + 2 * (client.concurrency + 1)


def test_with_asyncio(server: Running) -> None:
    async def ask() -> list[str]:
        async with AsyncClient(server.grpc, name="評判", batch_size=1, concurrency=3) as client:
            first = await asyncio.gather(*(client.classify([text]) for text in TEXTS[:2]))
            rest = [answer async for answer in client.stream(TEXTS[3:])]
            assert await client.status()
            return [one.label for (one,) in first] + [one.label for one in rest if isinstance(one, Prediction)]

    assert asyncio.run(ask()) == ["京都", "携帯電話", "スポーツ", "グルメ"]


def test_a_client_may_be_made_before_the_event_loop_runs(server: Running) -> None:
    asyncio.run(asyncio.sleep(0))  # afterwards there is no loop in this thread
    for address in (server.grpc, server.rest):
        client, unused = AsyncClient(address, name="評判"), AsyncClient(address, name="評判")

        async def ask(client: AsyncClient = client) -> str:
            async with client:
                return (await client.classify(["京都"]))[0].label

        assert asyncio.run(ask()) == "京都"
        asyncio.run(unused.close())


def test_an_answer_that_does_not_come_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connects, and says nothing
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        for server in (address, f"http://{address}"):
            with Client(server, timeout=0.3) as client, pytest.raises(ServingError) as late:
                client.classify(["京都"])
            assert late.value.code == "DEADLINE_EXCEEDED"


def test_a_server_that_is_not_there_is_tried_again_and_then_said(server: Running) -> None:
    for address in ("127.0.0.1:1", "http://127.0.0.1:1"):
        with Client(address, attempts=2) as client:
            with pytest.raises(ServingError) as away:
                client.classify(["京都"])
            assert away.value.code == "UNAVAILABLE"
            answers = list(client.stream(["京都", "グルメ"]))
        assert all(isinstance(answer, Failure) and answer.error.startswith("UNAVAILABLE") for answer in answers)


def test_from_the_shell(server: Running, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "京都"}\n{}\n{"text": "グルメ"}\n', encoding="utf-8")
    for address in (server.grpc, server.rest):
        command = [sys.executable, "-c", MAIN, "predict", "--server", address, "--name", "評判"]
        done = subprocess.run(
            [*command, "--input", str(tmp_path / "in.jsonl"), "--output", str(tmp_path / "out.jsonl")],
            capture_output=True, text=True, encoding="utf-8", cwd=REPOSITORY, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (3, "")
        lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
        first, second, third = map(json.loads, lines)
        assert (first["label"], third["label"]) == ("京都", "グルメ")
        assert "row 2" in second["error"] and "row 2" not in done.stderr
        assert "1 of 3 rows" in done.stderr
        nobody = subprocess.run(
            [*command[:-1], "nobody", "京都"], capture_output=True, text=True, cwd=REPOSITORY, check=False
        )
        assert (nobody.returncode, nobody.stdout) == (2, "")
        assert "has no model 'nobody'" in nobody.stderr and "Traceback" not in nobody.stderr


def test_the_client_knows_no_tensorflow_until_it_is_asked_for() -> None:
    program = (
        "import sys, pipeline.serving.client, pipeline.serving.rest_transport\n"
        "import pipeline.serving.grpc_transport as ours\n"
        "assert not {'tensorflow', 'tfx', 'transformers'} & set(sys.modules), sorted(sys.modules)\n"
        "import tensorflow as tf, numpy as np\n"
        "from tensorflow_serving.apis import predict_pb2\n"
        "from pipeline.serving.tensors import to_proto\n"
        "assert type(to_proto(np.zeros(1, np.float32))) is type(tf.make_tensor_proto([1.0]))\n"
        "assert ours.predict_pb2.PredictRequest is predict_pb2.PredictRequest\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({"server": "localhost"}, "is no server: HOST:PORT"),
        ({"server": "ftp://localhost:1"}, "is no server"),
        ({"server": "localhost:99999"}, "is no server"),
        ({"server": "a:1", "version": 1, "label": "b"}, "not both"),
        ({"server": "models.example:8500", "token": "secret"}, "would be sent to models.example:8500 in clear"),
        ({"server": "http://models.example", "token": "secret"}, "in clear"),
        ({"server": "a:1", "tls": True, "ca_file": Path("nowhere.pem")}, "nowhere.pem is not a file"),
    ],
)
def test_targets_that_cannot_be_meant(target: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        Target(**target)  # type: ignore[arg-type]
    assert "secret" not in str(refused.value)


def test_a_token_may_go_to_this_machine_and_is_not_shown() -> None:
    for server in ("localhost:8500", "127.0.0.1:8500", "http://[::1]:8501", "https://models.example"):
        assert "secret" not in repr(Target(server, token="secret"))


def test_metrics_count_what_was_asked(server: Running) -> None:
    with Client(server.grpc, name="評判") as client:
        client.classify(["京都"])
    with urllib.request.urlopen(f"{server.rest}/monitoring/prometheus/metrics") as page:
        text = page.read().decode()
    assert 'tfx_bert_requests_total{api="grpc",code="OK",method="Predict"}' in text
    assert "tfx_bert_model_version 7.0" in text
