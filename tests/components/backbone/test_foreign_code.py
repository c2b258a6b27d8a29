"""Nothing in a model's directory runs: each test has code that would write a file, and that file is not there."""

import ast
import json
import pickle
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from components.backbone import foreign_code, importing, weight_files
from components.backbone.config import BackboneConfig
from components.errors import ConfigError, DataError
from components.text_transform.config import TextConfig
from components.text_transform.spec import read_spec
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from pipeline import paths
from tests.components.backbone.families import FAMILIES

ROOT = Path(__file__).parents[3]


class Code:
    """What a pickle of it does is to write a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.fixture
def marker(tmp_path) -> Path:
    return tmp_path / "code-was-run"


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("whole")
    FAMILIES["bert"].write(directory)
    return directory


@pytest.fixture
def model(whole, tmp_path) -> Path:
    directory = tmp_path / "model"
    directory.mkdir()
    for path in whole.iterdir():
        (directory / path.name).write_bytes(path.read_bytes())
    return directory


def change(path: Path, **settings) -> None:
    content = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps({**content, **settings}))


def write_code(directory: Path, marker: Path) -> None:
    (directory / "own.py").write_text(f"from pathlib import Path\nPath({str(marker)!r}).touch()\n")


PLACES = {
    "config.json": {"AutoConfig": "own.Config", "AutoModel": "own.Model", "TFAutoModel": "own.Model"},
    "tokenizer_config.json": {"AutoTokenizer": ["own.Tokenizer", None]},
    "preprocessor_config.json": {"AutoFeatureExtractor": "own.Extractor"},
    "processor_config.json": {"AutoProcessor": "owner/elsewhere--own.Processor"},
}


@pytest.mark.parametrize("name", PLACES)
def test_code_of_a_directory_is_refused_by_name_and_never_runs(model, marker, tmp_path, monkeypatch, name):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("somebody asked"))
    write_code(model, marker)
    change(model / name, auto_map=PLACES[name])
    message = rf"{name}: auto_map names code of the directory's own \(.*own\..*\), which tfx-bert never runs"
    with pytest.raises(DataError, match=message):
        importing.check(model, BackboneConfig(source=str(model)), None)
    with pytest.raises(DataError, match=message):
        import_tokenizer(model, tmp_path / "imported", TokenizerConfig(kind="import"), TextConfig())
    for section in ("backbone", "tokenizer"):
        with pytest.raises(DataError, match=message):
            paths.resolve({"text": {}, section: {"source": str(model)}}, str(tmp_path))
    assert not marker.exists()


@pytest.mark.parametrize("value", [None, {}, [], {"AutoTokenizer": [None, None]}])
def test_an_auto_map_of_nothing_is_let_through(model, value):
    change(model / "tokenizer_config.json", auto_map=value)
    foreign_code.refuse(model)


def test_a_model_in_the_cache_of_the_hub_is_refused_too(whole, marker, monkeypatch, tmp_path):
    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "hub" / "models--owner--model"
    snapshot = cached / "snapshots" / commit
    snapshot.mkdir(parents=True)
    for path in whole.iterdir():
        (snapshot / path.name).write_bytes(path.read_bytes())
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(commit)
    write_code(snapshot, marker)
    change(snapshot / "tokenizer_config.json", auto_map=PLACES["tokenizer_config.json"])
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(DataError, match="which tfx-bert never runs"):
        import_tokenizer("owner/model", tmp_path / "imported", TokenizerConfig(kind="import"), TextConfig())
    assert not marker.exists()


PICKLES = ["pytorch_model.bin", "model.pt", "model.pkl", "model.joblib", "model.pth"]


@pytest.mark.parametrize("name", PICKLES)
def test_pickles_are_not_read(model, marker, name):
    (model / "model.safetensors").unlink()
    (model / name).write_bytes(pickle.dumps(Code(marker)))
    with pytest.raises(DataError, match=rf"has no weights \(only {name}, which TensorFlow cannot load"):
        importing.check(model, BackboneConfig(source=str(model)), None)
    assert not marker.exists()


def test_beside_other_weights_they_are_not_read_either(model, marker, tmp_path):
    (model / "pytorch_model.bin").write_bytes(pickle.dumps(Code(marker)))
    config = BackboneConfig(source=str(model))
    importing.check(model, config, None)
    importing.import_encoder(model, config, str(tmp_path / "copy"))
    assert not marker.exists() and not (tmp_path / "copy" / "pytorch_model.bin").exists()


def test_a_layer_of_code_in_hdf5_is_not_made(whole, model, marker, tmp_path):
    """Keras's ``Lambda`` layers hold marshalled Python; of ``tf_model.h5`` only weights are read."""
    FAMILIES["electra"].write(tmp_path / "h5") if (tmp_path / "h5").mkdir() is None else None
    code = {"class_name": "Lambda", "config": {"function": ["evil", None, None], "module": str(marker)}}
    with h5py.File(tmp_path / "h5" / "tf_model.h5", "a") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": [code]}})
        file.attrs["pickled"] = np.void(pickle.dumps(Code(marker)))
    config = BackboneConfig(source=str(tmp_path / "h5"))
    importing.check(tmp_path / "h5", config, None)
    importing.import_encoder(tmp_path / "h5", config, str(tmp_path / "copy"))
    assert not marker.exists()


def test_hdf5_reads_nothing_outside_of_the_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(64))
    with h5py.File(tmp_path / "tf_model.h5", "w") as file:
        file.create_dataset("a/b", (16,), "f4", external=[(str(secret), 0, 64)])
    with pytest.raises(DataError, match=r"tf_model\.h5 cannot be loaded \(the values of a/b are in another file\)"):
        weight_files.read([tmp_path / "tf_model.h5"])
    with h5py.File(tmp_path / "tf_model.h5", "w") as file:
        file["a"] = h5py.ExternalLink(str(secret), "/")
    with pytest.raises(DataError, match="a is a link, maybe to another file"):
        weight_files.read([tmp_path / "tf_model.h5"])


def test_objects_of_numpy_are_not_unpickled(tmp_path, marker):
    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n")
    import_tokenizer(vocabulary, tmp_path / "own", TokenizerConfig(kind="import"), TextConfig())
    path = tmp_path / "own" / "text_graph.npz"
    with np.load(path, allow_pickle=False) as archive:
        arrays = dict(archive)
    np.savez(path, **{**arrays, "reordered": np.array([Code(marker)], object)})
    with zipfile.ZipFile(path) as archive:
        assert b"touch" in archive.read("reordered.npy")
    with pytest.raises(DataError, match=r"text_graph\.npz is damaged.*has values of the type object"):
        read_spec(tmp_path / "own")
    with pytest.raises((DataError, ConfigError)):
        import_tokenizer(tmp_path / "own", tmp_path / "again", TokenizerConfig(kind="import"), TextConfig())
    assert not marker.exists()


def test_a_chat_template_is_not_rendered(model, marker, tmp_path):
    template = "{{ ''.__class__.__mro__[1].__subclasses__() }}{% for x in range(10**9) %}{% endfor %}"
    change(model / "tokenizer_config.json", chat_template=template)
    (model / "chat_template.jinja").write_text(template)
    importing.check(model, BackboneConfig(source=str(model)), None)
    import_tokenizer(model, tmp_path / "imported", TokenizerConfig(kind="import"), TextConfig())


def test_no_call_leaves_it_to_transformers_whether_to_trust():
    """Every call that loads by name or directory says no; and no array is unpickled."""
    found = 0
    for path in [*(ROOT / "components").rglob("*.py"), *(ROOT / "pipeline").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            said = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if node.func.attr == "from_pretrained":
                assert said.get("trust_remote_code") == "False", f"{path}:{node.lineno}"
                found += 1
            if ast.unparse(node.func) in ("np.load", "numpy.load"):
                assert said.get("allow_pickle") == "False", f"{path}:{node.lineno}"
    assert found >= 5
