"""Training on cached features is training with the frozen encoder in the loop."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from components.feature_gen.config import FeatureGenConfig
from components.feature_gen.encoder import encode, load_encoder
from components.feature_gen.extract import FeatureExtractor
from components.feature_gen.sequences import TokenSequences
from components.trainer.batches import plan_epoch, predict
from components.trainer.config import TrainerConfig
from components.trainer.head import build_head
from components.trainer.training import train_head
from tests.components import tiny
from tests.components.trainer.features import make_set

pytestmark = pytest.mark.slow

LABELS = ["京都", "携帯電話", "グルメ"]
EPOCHS = 4
LENGTHS = np.random.default_rng(1).integers(2, 40, 45)


@pytest.mark.parametrize(
    ("pooling", "head", "layers"),
    [("mean", "dense", 1), ("cls_mean", "dense", 2), ("tokens", "bilstm", 1), ("tokens", "attention", 2)],
)
def test_predictions_are_the_same(pooling, head, layers, tmp_path):
    random = np.random.default_rng(0)
    texts = [random.integers(5, tiny.VOCABULARY, length).tolist() for length in LENGTHS]
    label_ids = np.arange(len(texts)) % len(LABELS)
    config = TrainerConfig(
        head=head, lstm_units=8, epochs=EPOCHS, batch_size=8, learning_rate=1e-2, validation_share=0, dropout=0
    )
    encoder = load_encoder(tiny.write_backbone(tmp_path))
    extractor = FeatureExtractor(encoder, FeatureGenConfig(pooling=pooling, hidden_layers=layers, batch_tokens=200))
    features = extractor.extract(tf.ragged.constant(texts))
    cached = train_head(make_set(features, label_ids), LABELS, config, tf.distribute.get_strategy()).head

    tf_keras.utils.set_random_seed(config.seed)
    uncached = build_head(features, len(LABELS), config)
    uncached.compile(
        tf_keras.optimizers.AdamW(config.learning_rate, weight_decay=config.weight_decay),
        tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    uncached.optimizer.exclude_from_weight_decay(var_names=["bias"])
    lengths = LENGTHS if isinstance(features, TokenSequences) else np.ones_like(LENGTHS)

    def run(rows):
        padded = tf.ragged.constant([texts[row] for row in rows], tf.int32).to_tensor(shape=[None, 45])
        return encode(encoder, padded, tf.constant(LENGTHS[rows]), pooling, layers)

    for epoch in range(EPOCHS):
        for batch in plan_epoch(lengths, config.batch_size, config.seed, epoch):
            uncached.train_on_batch(run(batch.rows), label_ids[batch.rows])

    expected = tf.nn.softmax(uncached(run(np.arange(len(texts))), training=False)).numpy()
    probabilities = tf.nn.softmax(predict(cached, make_set(features, label_ids))).numpy()
    assert np.ptp(expected, axis=0).min() > 0.1, "the heads have learned to tell texts apart"
    np.testing.assert_allclose(probabilities, expected, atol=1e-4)
