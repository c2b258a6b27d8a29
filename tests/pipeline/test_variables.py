"""Nonsense in environment variables: one line at the start, for the verbs that read them."""

import json

import pytest

from components.errors import ConfigError
from components.training.cluster import read_cluster
from pipeline import variables
from pipeline.variables import check

TWO = {"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 0}}


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*variables.OURS, "TF_CONFIG", "PYTHONWARNINGS", "CUDA_VISIBLE_DEVICES", *variables._THREADS):
        monkeypatch.delenv(name, raising=False)


def changed(**parts: object) -> str:
    return json.dumps(TWO | parts)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("nonsense", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("3", "must be a JSON object"),
        ("[]", "must be a JSON object"),
        ('{"task": {"type": "worker", "index": 0}}', "a task, but no cluster"),
        (changed(cluster={}), "cluster must name"),
        (changed(cluster=[]), "cluster must name"),
        (changed(cluster={"worker": []}), "cluster.worker must be a list"),
        (changed(cluster={"worker": "a:1"}), "cluster.worker must be a list"),
        (changed(cluster={"boss": ["a:1"]}), "the job 'boss'"),
        (changed(cluster={"worker": ["a:1", "a:1"]}), "cluster.worker.1 is a:1, as cluster.worker.0 is"),
        (changed(cluster={"chief": ["a:1"], "worker": ["a:1"]}), "as cluster.chief.0 is"),
        (changed(cluster={"worker": ["a"]}), "no HOST:PORT"),
        (changed(cluster={"worker": ["a:0"]}), "no HOST:PORT"),
        (changed(cluster={"worker": ["a:65536"]}), "no HOST:PORT"),
        (changed(cluster={"worker": ["http://a:1"]}), "no HOST:PORT"),
        (changed(cluster={"worker": [3]}), "no HOST:PORT"),
        (changed(cluster={"chief": ["a:1", "b:1"]}), "more than one chief"),
        (changed(task=None), "task must say"),
        (changed(task={"index": 0}), "task must say"),
        (changed(task={"type": "chief", "index": 0}), "task.type is 'chief'"),
        (changed(task={"type": "worker", "index": 2}), "cluster.worker has 2 machines"),
        (changed(task={"type": "worker", "index": -1}), "cluster.worker has 2 machines"),
        (changed(task={"type": "worker", "index": "x"}), "no whole number"),
        (changed(task={"type": "worker", "index": True}), "no whole number"),
        (changed(task={"type": "worker", "index": 0.5}), "no whole number"),
    ],
)
def test_clusters(monkeypatch: pytest.MonkeyPatch, value: str, said: str) -> None:
    monkeypatch.setenv("TF_CONFIG", value)
    for look in (lambda: check(["run", "demo"]), variables.check_container):
        with pytest.raises(ConfigError, match="^TF_CONFIG: ") as error:
            look()
        assert said in str(error.value) and "\n" not in str(error.value) and len(str(error.value)) < 400
    check(["config", "show", "demo"])  # which trains nothing


@pytest.mark.parametrize(
    ("value", "several", "chief"),
    [
        (json.dumps(TWO), True, True),
        (changed(task={"type": "worker", "index": "1"}), True, False),
        (changed(cluster={"worker": ["[::1]:1"]}), False, True),
        (changed(cluster={"chief": ["a:1"], "worker": ["b:1"]}), True, False),
        (changed(cluster={"chief": ["a:1"], "ps": ["b:1"]}, task={"type": "chief"}), False, True),
    ],
)
def test_clusters_that_are_right(monkeypatch: pytest.MonkeyPatch, value: str, several: bool, chief: bool) -> None:
    monkeypatch.setenv("TF_CONFIG", value)
    cluster = read_cluster()
    assert cluster and (cluster.trains_on_several, cluster.is_chief) == (several, chief)


@pytest.mark.parametrize("value", ["", " ", "{}", '{"environment": "cloud"}'])
def test_no_cluster(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("TF_CONFIG", value)
    assert read_cluster() is None


PREDICT = ["predict", "x", "--server", "localhost:1"]


@pytest.mark.parametrize(
    ("name", "value", "arguments", "other"),
    [
        ("TFX_BERT_TOKEN", "two words", PREDICT, ["predict", "--model", "x"]),
        ("TFX_BERT_TOKEN", "line\n", PREDICT, ["run", "demo"]),
        ("TFX_BERT_TOKEN", "秘密", PREDICT, ["run", "demo"]),
        ("TFX_BERT_TOKEN", "a" * 9000, ["predict", "--server=x:1"], ["run", "demo"]),
        ("TFX_BERT_DATA", " ", ["run", "demo"], ["runs"]),
        ("TFX_BERT_DATA", __file__, ["config", "show", "demo"], ["runs"]),
        ("TFX_BERT_DATA", "a" * 256, ["compile", "demo"], ["runs"]),
        ("TFX_BERT_METADATA", "nonsense", ["run", "demo"], ["config", "show", "demo"]),
        ("TFX_BERT_METADATA", "mysql://h:99999/d", ["runs"], ["serve"]),
        ("TFX_BERT_METADATA", "postgresql://[::1/d", ["report"], ["serve"]),
        ("TFX_BERT_METADATA", "mysql://h/d%00", ["runs"], ["serve"]),
        ("TFX_BERT_METADATA_FILE", "/nowhere/url", ["runs"], ["serve"]),
        ("TFX_BERT_METADATA_FILE", "/", ["runs"], ["serve"]),
        ("https_proxy", "http://", PREDICT, ["runs"]),
        ("HTTP_PROXY", "not a url", ["run", "demo"], ["runs"]),
        ("all_proxy", "ftp://h:1", ["submit"], ["runs"]),
        ("http_proxy", "http://h:port", ["run", "demo"], ["runs"]),
        ("OMP_NUM_THREADS", "many", ["run", "demo"], ["runs"]),
        ("OMP_NUM_THREADS", "0", ["serve"], ["runs"]),
        ("OMP_NUM_THREADS", "-2", ["predict"], ["runs"]),
        ("TF_NUM_INTRAOP_THREADS", "2.5", ["run", "demo"], ["runs"]),
        ("CUDA_VISIBLE_DEVICES", "gpu0", ["run", "demo"], ["runs"]),
        ("CUDA_VISIBLE_DEVICES", "0,,1", ["serve"], ["runs"]),
        ("PYTHONWARNINGS", "nonsense", ["run", "demo"], ["runs"]),
        ("PYTHONWARNINGS", "error", ["run", "demo"], ["runs"]),
    ],
)
def test_nonsense(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, arguments: list[str], other: list[str]
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=f"^{name}: ") as error:
        check(arguments)
    assert error.value.exit_code == 2 and "\n" not in str(error.value)
    check(other)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TFX_BERT_TOKEN", "abc.DEF-123=="),
        ("TFX_BERT_DATA", "gs://bucket/data"),
        ("TFX_BERT_DATA", "../not/there/yet"),
        ("TFX_BERT_METADATA", "postgresql://me:p%40ss@host:5432/runs"),
        ("https_proxy", "proxy.example:3128"),
        ("https_proxy", "http://me:secret@proxy.example:3128/"),
        ("all_proxy", "socks5h://[::1]:1080"),
        ("OMP_NUM_THREADS", "4,2"),
        ("TF_NUM_INTRAOP_THREADS", "0"),
        ("CUDA_VISIBLE_DEVICES", ""),
        ("CUDA_VISIBLE_DEVICES", "-1"),
        ("CUDA_VISIBLE_DEVICES", "0,1"),
        ("CUDA_VISIBLE_DEVICES", "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"),
        ("PYTHONWARNINGS", "ignore"),
        ("PYTHONWARNINGS", "default::DeprecationWarning,error:::mypackage"),
    ],
)
def test_what_makes_sense(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    for arguments in (["run", "demo"], PREDICT, ["serve"], ["runs"], ["config", "show", "demo"]):
        check(arguments)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, arguments in (("TFX_BERT_TOKEN", PREDICT), ("TFX_BERT_METADATA", ["runs"]), ("http_proxy", PREDICT)):
        with monkeypatch.context() as context:
            context.setenv(name, "http://me:hush hush@:port")
            with pytest.raises(ConfigError) as error:
                check(arguments)
            assert "hush" not in str(error.value)


def test_unknown_names_of_ours(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TFX_BERT_TOKNE", "x")
    monkeypatch.setenv("TFX_BERT_DATA", "x")
    check(["runs"])
    assert capsys.readouterr().err == (
        "tfx-bert: warning: nothing reads the variable TFX_BERT_TOKNE, did you mean TFX_BERT_TOKEN?\n"
    )
