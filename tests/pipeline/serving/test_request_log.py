"""Requests that a server keeps, and what `drift` makes of them."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from components.errors import ConfigError, DataError
from components.text_facts import FACTS_FILE, describe, to_json
from pipeline.drift.reading import read_log
from pipeline.serving.client import Client
from pipeline.serving.protos import prediction_log_pb2
from pipeline.serving.server.request_log import Logging, RequestLog
from tests.components.servable_check import models
from tests.pipeline.serving.running import MAIN, REPOSITORY, running

pytestmark = pytest.mark.slow

TEXTS = ["京都の古い寺。", "グルメ番組", "Sports in 京都", "スポーツ観戦"] * 30
LABELS = ["京都", "グルメ", "京都", "スポーツ"] * 30


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("logged") / "評判"
    models.save_whole(directory / "1")
    encoded = [text.encode() for text in TEXTS]
    facts = describe(encoded, list(map(len, TEXTS)), [0] * len(TEXTS), LABELS)
    (directory / "1" / FACTS_FILE).parent.mkdir(exist_ok=True)
    (directory / "1" / FACTS_FILE).write_text(to_json(facts), encoding="utf-8")
    return directory


def ask(model: Path, log: Path, texts: list[str], *arguments: str) -> None:
    with running(model, "--log-requests", str(log), *arguments) as server:
        with Client(server.grpc, batch_size=7) as client, Client(server.rest, batch_size=7) as rest:
            client.classify(texts[: len(texts) // 2])
            rest.classify(texts[len(texts) // 2 :])
            client.predict({"text": texts[:5]}, "embed")
            if texts == TEXTS:
                assert [one.label for one in client.classify(texts)] == LABELS
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0


def drift(log: Path, model: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", MAIN, "drift", str(log), "--model", str(model), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=REPOSITORY, check=False)


def test_the_same_texts_do_not_drift_and_others_do(model, tmp_path):
    ask(model, tmp_path / "same", TEXTS, "--log-rate", "1")
    same = drift(tmp_path / "same", model)
    assert same.returncode == 0, same.stderr
    assert "nothing drifted" in same.stdout and "240 texts" in same.stdout
    ask(model, tmp_path / "other", ["An English sentence about nothing."] * 120, "--log-rate", "1")
    other = drift(tmp_path / "other", model)
    assert other.returncode == 3
    assert other.stdout.splitlines()[-1] == "drifted: characters, tokens, script, label"
    assert "Latin 100%" in other.stdout and "Traceback" not in other.stderr


def test_facts_alone_say_the_same_and_hold_no_text(model, tmp_path):
    ask(model, tmp_path / "whole", TEXTS, "--log-rate", "1")
    ask(model, tmp_path / "facts", TEXTS, "--log-rate", "1", "--no-log-texts")
    whole, facts = (read_log(tmp_path / kind, lambda: lambda texts: tokens(texts)) for kind in ("whole", "facts"))
    assert sorted(zip(whole.characters, whole.tokens, whole.script, whole.label, strict=True)) == sorted(
        zip(facts.characters, facts.tokens, facts.script, facts.label, strict=True)
    )
    (file,) = (tmp_path / "facts").iterdir()
    assert "古い".encode() not in file.read_bytes() and file.name.startswith("facts-")
    assert drift(tmp_path / "facts", model).returncode == 0


def tokens(texts):
    import numpy as np

    lengths = np.array([len(text.decode()) for text in texts])
    return {"length": lengths, "unknown": np.zeros_like(lengths)}


def test_what_is_kept_are_tf_servings_records(model, tmp_path):
    ask(model, tmp_path / "log", TEXTS, "--log-rate", "1")
    (file,) = (tmp_path / "log").iterdir()
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(file))
    ]
    assert {log.log_metadata.sampling_config.sampling_rate for log in logs} == {1.0}
    (embedded,) = [log for log in logs if log.predict_log.request.model_spec.signature_name == "embed"]
    assert "embedding" in embedded.predict_log.response.outputs
    first = logs[0].predict_log
    assert first.request.model_spec.version.value == 1
    assert first.request.inputs["text"].string_val[0].decode() in TEXTS
    assert set(first.response.outputs) >= {"label", "score", "probabilities"}


def test_a_share_is_kept_and_nothing_by_default(model, tmp_path):
    how = Logging(tmp_path / "share", rate=0.25)
    log = RequestLog(how)
    sampled = sum(log.is_sampled() for _ in range(4000))
    log.close()
    assert 800 < sampled < 1200
    with running(model) as server, Client(server.grpc) as client:
        client.classify(TEXTS)
    assert [path.name for path in model.parent.rglob("*.tfrecord")] == []


def test_a_full_disk_ends_the_log_not_the_server(tmp_path, caplog):
    log = RequestLog(Logging(tmp_path / "log", rate=1.0))
    (tmp_path / "log").rmdir()
    (tmp_path / "log").write_text("not a directory")
    log.write_request(prediction_log_pb2.PredictionLog())
    log.close()
    assert not log.is_sampled()
    assert "requests are no longer logged" in caplog.text


def test_a_log_that_is_being_written_is_read_to_its_last_whole_record(model, tmp_path):
    ask(model, tmp_path / "log", TEXTS, "--log-rate", "1", "--no-log-texts")
    (file,) = (tmp_path / "log").iterdir()
    content = file.read_bytes()
    file.write_bytes(content[:-9])
    assert len(read_log(tmp_path / "log", tokens).label) == 239
    middle = bytearray(content)
    middle[len(content) // 2] ^= 0xFF
    file.write_bytes(middle)
    with pytest.raises(DataError, match="damaged after record"):
        read_log(tmp_path / "log", tokens)


def test_what_is_missing_is_said(model, tmp_path):
    with pytest.raises(ConfigError, match="holds no log"):
        read_log(tmp_path, tokens)
    assert drift(tmp_path, model).returncode == 2
    ask(model, tmp_path / "few", TEXTS[:8], "--log-rate", "1")
    few = drift(tmp_path / "few", model)
    assert few.returncode == 1 and "holds 8 texts, too few to compare" in few.stderr
    models.save_whole(tmp_path / "older" / "1")
    older = drift(tmp_path / "few", tmp_path / "older")
    assert older.returncode == 2 and "run its pipeline again to have it" in older.stderr
