import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from components.errors import ConfigError, DataError
from components.text_transform.graph import TextGraph
from components.text_transform.spec import read_spec, write_spec
from tests.components.text_transform.conftest import PIECES
from tests.components.tokenizer.hard_cases import HARD, INVALID_UTF8

ROWS = ["The cats SAT.", "猫かん cats", "", "dogs, 猫!", " the\tthe "]
IDS = [[2, 5, 6, 7, 8, 13, 3], [2, 9, 10, 11, 6, 7, 3], [2, 3], [2, 1, 1, 9, 1, 3], [2, 5, 5, 3]]


def test_ids_by_hand(plain):
    assert TextGraph.load(plain).tokenize(tf.constant(ROWS)).to_list() == IDS


def test_attributes(plain):
    graph = TextGraph.load(str(plain))
    assert (graph.pad_id, graph.unk_id, graph.cls_id, graph.sep_id, graph.mask_id) == (0, 1, 2, 3, 4)
    assert (graph.special_ids, graph.vocab_size, graph.pieces) == ([0, 1, 2, 3, 4], len(PIECES), PIECES)


def test_the_type_and_shape_of_the_ids(plain):
    ids = TextGraph.load(plain).tokenize(tf.constant(ROWS))
    assert isinstance(ids, tf.RaggedTensor) and ids.dtype == tf.int32 and ids.shape.as_list() == [5, None]


@pytest.mark.parametrize("max_length", [2, 3, 5, 100])
def test_truncation_counts_the_special_tokens(plain, max_length):
    expected = [[*row[:-1][: max_length - 1], 3] for row in IDS]
    assert TextGraph.load(plain).tokenize(tf.constant(ROWS), max_length).to_list() == expected


def rewritten(directory, tmp_path, **changes) -> TextGraph:
    spec, tables = read_spec(directory)
    write_spec(tmp_path, spec.model_copy(update=changes), tables)
    return TextGraph.load(tmp_path)


def test_what_stands_around_a_text(plain, tmp_path):
    graph = rewritten(plain, tmp_path, before=[], after=[12, 3])
    assert graph.tokenize(tf.constant(ROWS)).to_list() == [[*row[1:-1], 12, 3] for row in IDS]
    assert graph.tokenize(tf.constant(ROWS), 4).to_list() == [[*row[1:-1][:2], 12, 3] for row in IDS]
    assert graph.tokenize_masked(tf.constant(["[MASK]"]), 3).to_list() == [[4, 12, 3]]
    assert graph.special_ids == [0, 1, 3, 4, 12]


def test_special_tokens_that_are_not_there(plain, tmp_path):
    graph = rewritten(plain, tmp_path, before=[], after=[], mask_id=None)
    assert graph.tokenize(tf.constant(ROWS), 3).to_list() == [row[1:-1][:3] for row in IDS]
    assert graph.special_ids == [0, 1]
    for name, what in {"cls_id": "before texts", "sep_id": "after texts", "mask_id": "mask token"}.items():
        with pytest.raises(ConfigError, match=f"tokenizer: it has no .*{what}"):
            getattr(graph, name)


def test_no_rows(plain):
    graph = TextGraph.load(plain)
    none = tf.constant([], tf.string)
    assert graph.tokenize(none).to_list() == graph.tokenize_masked(none, 8).to_list() == []
    assert graph.clean(none).numpy().tolist() == []


def test_the_mask_marker_counts_only_where_it_is_asked_for(plain):
    graph = TextGraph.load(plain)
    rows = tf.constant(["The [MASK] sat[MASK].", "[MASK]", "no mask", "[mask]"])
    assert graph.tokenize_masked(rows).to_list() == [
        [2, 5, 4, 8, 4, 13, 3],
        [2, 4, 3],
        [2, 1, 16, 3],
        [2, 14, 16, 15, 3],
    ]
    assert graph.tokenize(rows[:2]).to_list() == [
        [2, 5, 14, 16, 15, 8, 14, 16, 15, 13, 3],
        [2, 14, 16, 15, 3],
    ]
    assert graph.tokenize_masked(rows, 4).to_list()[0] == [2, 5, 4, 3]


def test_the_mask_marker_survives_cleaning(write):
    graph = TextGraph.load(write(cleaning=["lower", "drop_symbols", "collapse_spaces"]))
    assert graph.tokenize_masked(tf.constant(["The, [MASK]; cat"])).to_list() == [[2, 5, 4, 6, 3]]


def test_the_unknown_marker(write):
    graph = TextGraph.load(write(unknown_marker="<unk>", cleaning=["drop_symbols"]))
    rows = tf.constant(["the <unk> cat<unk>s", "<unk>", "<un<unk>k>", ""])
    assert graph.tokenize(rows).to_list() == [[2, 5, 1, 6, 1, 1, 3], [2, 1, 3], [2, 1, 1, 1, 3], [2, 3]]
    assert graph.clean(rows).numpy().tolist() == [b"the <unk> cat<unk>s", b"<unk>", b"un<unk>k", b""]
    assert graph.tokenize_masked(tf.constant(["<unk>[MASK] the"])).to_list() == [[2, 1, 4, 5, 3]]


def test_cleaning_and_stop_words_come_first(write, tmp_path):
    (tmp_path / "words.txt").write_text("the\nsat\n", encoding="utf-8")
    options = {"cleaning": ["lower", "digits_to_zero"], "stop_words": [str(tmp_path / "words.txt")]}
    graph = TextGraph.load(write(**options))
    rows = tf.constant(["The cat 123 sat", "THE", "猫 ４５"])
    assert graph.clean(rows).numpy().tolist() == [b"cat 0", b"", "猫 0".encode()]
    assert graph.tokenize(rows).to_list() == [[2, 6, 12, 3], [2, 3], [2, 9, 12, 3]]


def test_invalid_utf8_counts_as_replacement_characters(plain):
    graph = TextGraph.load(plain)
    replaced = [row.decode(errors="replace") for row in INVALID_UTF8]
    assert graph.clean(tf.constant(INVALID_UTF8)).numpy().tolist() == [row.encode() for row in replaced]
    assert graph.tokenize(tf.constant(INVALID_UTF8)).to_list() == graph.tokenize(tf.constant(replaced)).to_list()


def test_in_tf_data(plain):
    graph = TextGraph.load(plain)
    dataset = tf.data.Dataset.from_tensor_slices(ROWS).batch(2).map(lambda rows: graph.tokenize(rows, 8))
    assert [row for batch in dataset for row in batch.to_list()] == IDS


def export(directory, path) -> None:
    class Served(tf.Module):
        def __init__(self):
            super().__init__()
            self.graph = TextGraph.load(directory)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def ids(self, text):
            return {
                "ids": self.graph.tokenize(text, 64).to_tensor(0),
                "masked": self.graph.tokenize_masked(text, 64).to_tensor(0),
            }

    served = Served()
    tf.saved_model.save(served, str(path), signatures=served.ids)


@pytest.mark.slow
def test_a_saved_model_gives_the_same_ids_in_another_process(write, tmp_path):
    directory = write(cleaning="newsgroups", unknown_marker="<unk>")
    export(directory, tmp_path / "model")
    code = (
        "import json, sys, tensorflow as tf, tensorflow_text;"
        "model = tf.saved_model.load(sys.argv[1]);"
        "ids = model.signatures['serving_default'](tf.constant(json.loads(sys.argv[2])));"
        "print(json.dumps({name: value.numpy().tolist() for name, value in ids.items()}))"
    )
    rows = [*ROWS, *(text for text in HARD if "\0" not in text)]
    command = [sys.executable, "-c", code, str(tmp_path / "model"), json.dumps(rows)]
    served = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    graph = TextGraph.load(directory)
    assert np.array_equal(served["ids"], graph.tokenize(tf.constant(rows), 64).to_tensor(0))
    assert np.array_equal(served["masked"], graph.tokenize_masked(tf.constant(rows), 64).to_tensor(0))


def test_a_directory_without_a_text_graph(tmp_path):
    with pytest.raises(DataError, match="no text_graph.json"):
        TextGraph.load(tmp_path)


def test_a_text_graph_of_another_version(plain, tmp_path):
    rewritten(plain, tmp_path)
    spec = json.loads((tmp_path / "text_graph.json").read_text(encoding="utf-8"))
    (tmp_path / "text_graph.json").write_text(json.dumps({**spec, "cls_id": 2}), encoding="utf-8")
    with pytest.raises(DataError, match="text_graph.json is damaged, or from another version"):
        TextGraph.load(tmp_path)
