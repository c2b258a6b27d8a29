import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from components.pretrainer.fill_mask import FillMask, export_fill_mask
from components.pretrainer.model import load_network
from tests.components.pretrainer.graphs import MaskingCharacterGraph
from tests.components.tiny import write_backbone

TEXTS = ["a [MASK] c", "京都は[MASK]です。[MASK]", "no mask here", ""]


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return load_network(str(write_backbone(tmp_path_factory.mktemp("backbone"))))


@pytest.fixture(scope="module")
def answers(network):
    outputs = FillMask(network, MaskingCharacterGraph()).fill_mask(tf.constant(TEXTS))
    return {name: value.numpy() for name, value in outputs.items()}


@pytest.mark.parametrize(("row", "place"), [(0, 3), (1, 4)])
def test_the_first_mask_is_filled_with_the_likeliest_tokens(network, answers, row, place):
    ids = MaskingCharacterGraph().tokenize_masked(tf.constant([TEXTS[row]])).to_tensor()
    assert ids[0, place] == 4
    probabilities = tf.nn.softmax(network(ids).logits[0, place]).numpy()
    best = probabilities.argsort()[::-1][:5]
    assert [token.decode() for token in answers["tokens"][row]] == [f"<{i}>" for i in best]
    np.testing.assert_allclose(answers["scores"][row], probabilities[best], atol=1e-5)


def test_without_a_mask_there_is_no_answer(answers):
    assert answers["tokens"][2:].tolist() == [[b""] * 5] * 2
    assert answers["scores"][2:].tolist() == [[0.0] * 5] * 2


def test_a_mask_beyond_the_last_position_counts_as_none(network):
    text = "x" * 100 + "[MASK]"  # the network has 48 positions
    outputs = FillMask(network, MaskingCharacterGraph()).fill_mask(tf.constant([text, "[MASK]"]))
    assert outputs["scores"].numpy().max(axis=1).tolist()[0] == 0.0
    assert outputs["scores"].numpy()[1, 0] > 0


def test_no_texts_no_answers(network):
    outputs = FillMask(network, MaskingCharacterGraph()).fill_mask(tf.constant([], tf.string))
    assert outputs["tokens"].shape == outputs["scores"].shape == (0, 5)


@pytest.mark.slow
def test_the_saved_model_answers_in_another_process(network, answers, tmp_path):
    export_fill_mask(network, MaskingCharacterGraph(), tmp_path / "model")
    code = (
        "import json, sys\n"
        "import tensorflow as tf\n"
        "model = tf.saved_model.load(sys.argv[1])\n"
        "assert sorted(model.signatures) == ['fill_mask', 'tokenize']\n"
        "out = model.signatures['fill_mask'](text=tf.constant(json.loads(sys.argv[2])))\n"
        "tokens = [[token.decode() for token in row] for row in out['tokens'].numpy().tolist()]\n"
        "print(json.dumps([tokens, out['scores'].numpy().tolist()]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "model"), json.dumps(TEXTS)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
        cwd=tmp_path,
    )
    tokens, scores = json.loads(done.stdout.splitlines()[-1])
    assert tokens == [[token.decode() for token in row] for row in answers["tokens"].tolist()]
    np.testing.assert_allclose(scores, answers["scores"], atol=1e-5)
