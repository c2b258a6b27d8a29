"""Two ways to train the same BERT by masked language modelling, as candidates to time: ours and the write-up's."""

import numpy as np
import tensorflow as tf
import tf_keras as keras
from transformers import BertConfig, DataCollatorForLanguageModeling, TFBertForMaskedLM

from components.autograph import leave_libraries_alone
from components.pretrainer import dataset
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.model import MaskedLanguageModel, build_network
from components.training.arithmetic import keras_precision
from components.training.batches import MADE_AHEAD, for_keras
from components.training.dropout import seed_dropout
from components.training.id_checks import drop_id_checks
from components.training.optimizer import WarmupDecay, adamw
from tests.benchmarks.timing import Candidate
from tests.benchmarks.wikitext import WikiText

WRITE_UP_LENGTH = 512
TOKENIZED_TOGETHER = 1000  # lines that `datasets.map` hands to the tokenizer at a time, which pads them alike


class Ours:
    """The Pretrainer's step on its own batches.

    Attributes:
        model: The compiled model.
        batches: The endless stream that it is trained on.
    """

    def __init__(self, text: WikiText, config: PretrainerConfig) -> None:
        """Builds what `components.pretrainer.training.pretrain` builds.

        Args:
            text: What is trained on.
            config: All settings; `max_steps` ends the learning-rate schedule.
        """
        leave_libraries_alone()
        vocabulary = text.vocabulary()
        with keras_precision(config.precision):
            self.model = MaskedLanguageModel(build_network(config, vocabulary))
        seed_dropout(self.model, config.seed)
        drop_id_checks()
        schedule = WarmupDecay(config.learning_rate, config.max_steps, config.warmup_share)
        self.model.compile(adamw(schedule, config.weight_decay, config.clip_norm), jit_compile=config.xla)
        self.batches = for_keras(dataset.training_batches(text.corpus, config, vocabulary))

    def candidate(self, steps: int) -> Candidate:
        """So many steps as ``fit`` takes them, always further in the stream; units are useful tokens."""
        stream, step = iter(self.batches), self.model.make_train_function()

        def run() -> None:
            for _ in range(steps):
                metrics = step(stream)
            metrics["loss"].numpy()  # waits for the end

        # Blocks are full but for the last one of an epoch, which lies far behind these steps.
        return Candidate(run, steps * int(tf.size(next(stream)["input_ids"])))


def write_up(text: WikiText, config: PretrainerConfig, batch_size: int, batches: int) -> Candidate:
    """The write-up's loop: ``TFBertForMaskedLM``, its collator, ``fit``, on lines padded at 512.

    Args:
        text: What is trained on.
        config: Sizes and masking share; nothing else counts here.
        batch_size: Lines in a step.
        batches: Steps in a run.

    Returns:
        An epoch over a random sample of lines; units are the tokens in it that are not padding.
    """
    sample = np.random.default_rng(0).choice(text.corpus.lengths.size, batch_size * batches, replace=False)
    features = _tokenized_lines(text, sample)
    model = TFBertForMaskedLM(
        BertConfig(
            vocab_size=len(text.tokenizer),
            hidden_size=config.hidden_size,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            intermediate_size=config.intermediate_size,
        )
    )
    model.compile(keras.optimizers.Adam(1e-4))
    collator = DataCollatorForLanguageModeling(
        text.tokenizer, mlm=True, mlm_probability=config.mask_share, return_tensors="tf"
    )
    rows = _to_tf_dataset(features, collator, batch_size)
    useful = int(np.minimum(text.corpus.lengths[sample], WRITE_UP_LENGTH).sum())
    return Candidate(lambda: model.fit(rows, verbose=0), useful)


def _tokenized_lines(text: WikiText, sample: np.ndarray) -> list[dict[str, list[int]]]:
    """Lines cut at 512 and padded to the longest of the 1,000 among which the tokenizer sees them."""
    lengths = np.minimum(text.corpus.lengths, WRITE_UP_LENGTH)
    longest = {start: lengths[start : start + TOKENIZED_TOGETHER].max() for start in range(0, len(lengths), 1000)}
    separator, padding = [text.tokenizer.sep_token_id], text.tokenizer.pad_token_id
    features = []
    for row, ids in zip(sample, text.rows(sample), strict=True):
        ids = ids if len(ids) <= WRITE_UP_LENGTH else ids[: WRITE_UP_LENGTH - 1] + separator
        missing = int(longest[row - row % TOKENIZED_TOGETHER]) - len(ids)
        special = text.tokenizer.get_special_tokens_mask(ids, already_has_special_tokens=True)
        features.append(
            {
                "input_ids": ids + [padding] * missing,
                "token_type_ids": [0] * (len(ids) + missing),
                "attention_mask": [1] * len(ids) + [0] * missing,
                "special_tokens_mask": special + [1] * missing,
            }
        )
    return features


def _to_tf_dataset(
    features: list[dict[str, list[int]]], collator: DataCollatorForLanguageModeling, batch_size: int
) -> tf.data.Dataset:
    """What ``Dataset.to_tf_dataset`` of `datasets` makes: indices, shuffled, batched, collated in Python, prefetched.

    No slower than that: it also calls the collator in a ``numpy_function``, but has first to read the rows from Arrow,
    which here lie in a list. `for_keras` spares it TensorFlow's waits at the end, which would come by chance.
    """
    names = ("input_ids", "token_type_ids", "attention_mask", "labels")

    def collate(indices: np.ndarray) -> list[np.ndarray]:
        batch = collator([features[index] for index in indices])
        return [batch[name].numpy().astype(np.int64) for name in names]

    def load(indices: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        arrays = tf.numpy_function(collate, [indices], [tf.int64] * len(names))
        for array in arrays:
            array.set_shape([batch_size, None])
        columns = dict(zip(names, arrays, strict=True))
        return columns, columns.pop("labels")

    indices = tf.data.Dataset.range(len(features)).shuffle(len(features)).batch(batch_size, drop_remainder=True)
    return for_keras(indices.map(load).prefetch(MADE_AHEAD))
