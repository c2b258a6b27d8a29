"""How batches are made and dealt, and that all trainings keep to it."""

import pytest
import tensorflow as tf
from tf_keras.src.engine.data_adapter import DatasetAdapter

from components.trainer.finetuning.config import UnfreezeConfig
from components.training.batches import for_keras, made_ahead
from tests.components.pretrainer.test_training import run as run_pretraining
from tests.components.trainer.test_executor import CONFIG, execute, prepare

pytestmark = pytest.mark.slow


def test_made_ahead_keeps_the_order():
    def make(number):
        pieces = tf.where(number % 2 == 0, 200, 1)  # every second batch is made sooner than the one before
        return {"number": number, "text": tf.strings.reduce_join(tf.repeat("京都", pieces))}

    batches = list(made_ahead(tf.data.Dataset.range(40), make))
    assert [int(batch["number"]) for batch in batches] == list(range(40))
    assert batches[0]["text"].numpy().decode() == "京都" * 200


@pytest.mark.parametrize("training", ["pretraining", "head, folds and second stage"])
def test_keras_gets_what_every_worker_makes_alike_and_nothing_tunes(tmp_path, monkeypatch, training):
    seen = []
    adapt = DatasetAdapter.__init__

    def watched(self, x, *args, **keys):
        seen.append(x.options())
        adapt(self, x, *args, **keys)

    monkeypatch.setattr(DatasetAdapter, "__init__", watched)
    if training == "pretraining":
        run_pretraining(tmp_path)
    else:
        prepare(tmp_path)
        execute(tmp_path, "model", CONFIG.model_copy(update={"folds": 2, "unfreeze": UnfreezeConfig(batch_size=8)}))
    assert len(seen) >= 2  # to train on, and to judge by
    assert not any(options.autotune.enabled for options in seen)
    policies = {options.experimental_distribute.auto_shard_policy for options in seen}
    assert policies == {tf.data.experimental.AutoShardPolicy.DATA}


def test_options_of_the_dataset_itself_stay():
    options = tf.data.Options()
    options.experimental_optimization.inject_prefetch = False
    dealt = for_keras(tf.data.Dataset.range(3).with_options(options)).options()
    assert dealt.experimental_optimization.inject_prefetch is False
    assert dealt.autotune.enabled is False
