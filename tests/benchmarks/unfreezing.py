"""The second stage: an epoch in buckets by length against one padded to the maximum, on the same texts.

KNBC's sentences are short (19 tokens in the mean, 128 in the preset). The messages of 20 Newsgroups are cut at 200 and
have 159 in the mean: no way of batching can make more than 1.26 times of that, so they are measured without a goal. The
arithmetic is this machine's for both (`trainer.unfreeze.precision: auto`); what padding costs in float32, as the usual
loop has it, and the write-up's own loop with its encoder unfrozen are measured too.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import sentencepiece
import tensorflow as tf
import tf_keras as keras
from transformers import BertConfig, TFBertModel, TFPreTrainedModel

from components.autograph import leave_libraries_alone
from components.feature_gen.encoder import encode
from components.trainer.config import TrainerConfig
from components.trainer.finetuning.batches import Texts, bucket_lengths, plan_epoch, training_batches
from components.trainer.finetuning.config import UnfreezeConfig
from components.trainer.finetuning.model import FineTuner
from components.trainer.finetuning.stage import fine_tuner
from components.trainer.head import build_head
from components.training.arithmetic import Precision, choose_precision, keras_precision
from components.training.batches import for_keras
from components.training.dropout import seed_dropout
from tests.benchmarks import corpora, newsgroups, write_up_classifier
from tests.benchmarks.timing import Candidate, rates

# MiniLM's; its weights are not needed, since time does not depend on what they are.
ARCHITECTURE = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
JAPANESE_LENGTH = 128
NEWSGROUPS_DOCUMENTS, JAPANESE_DOCUMENTS = 256, 768  # in an epoch
BATCH = 32
REPEATS = 3
CLASSES = 20

GOALS = {"KNBC, buckets to padding": 1.5}


@dataclass(frozen=True)
class Task:
    """What is trained on.

    Attributes:
        input_ids: All texts, ragged int32.
        documents: How many of them an epoch has here.
        max_length: What padding fills them up to.
        vocabulary: Number of ids.
    """

    input_ids: tf.RaggedTensor
    documents: int
    max_length: int
    vocabulary: int


def measure() -> dict[str, Any]:
    """Measures epochs of all ways.

    Returns:
        Documents a second and how many times fewer token slots buckets have, by corpus; and the ratios.
    """
    leave_libraries_alone()
    tasks = {"20 Newsgroups": _newsgroups(), "KNBC": _japanese()}
    measured = {name: rates(_ways(task), REPEATS) for name, task in tasks.items()}
    return {
        "precision": _precision(),
        "documents_per_second": measured,
        "slots_saved": {name: _slots_saved(task) for name, task in tasks.items()},
        "ratios": {
            f"{name}, buckets to {way}": found["buckets"] / rate
            for name, found in measured.items()
            for way, rate in found.items()
            if way != "buckets"
        },
    }


def _precision() -> Precision:
    return choose_precision("auto", tf.distribute.get_strategy())


def _newsgroups() -> Task:
    ids = newsgroups.Newsgroups.load(10_000).input_ids
    return Task(tf.cast(ids, tf.int32), NEWSGROUPS_DOCUMENTS, newsgroups.MAX_LENGTH, 30_522)


def _japanese() -> Task:
    processor = sentencepiece.SentencePieceProcessor(model_file=str(corpora.DATA / "vocab" / "wiki-ja.model"))
    ends = [processor.piece_to_id("[CLS]")], [processor.piece_to_id("[SEP]")]
    rows = [ends[0] + processor.encode(text)[: JAPANESE_LENGTH - 2] + ends[1] for text in corpora.japanese_sentences()]
    return Task(tf.ragged.constant(rows, tf.int32), JAPANESE_DOCUMENTS, JAPANESE_LENGTH, processor.get_piece_size())


def _ways(task: Task) -> dict[str, Candidate]:
    count = task.documents
    label_ids = np.arange(count) % CLASSES
    texts = Texts(task.input_ids[:count], label_ids, np.ones(count, np.float32))
    tuner, plain = _fine_tuner(task, _precision()), _fine_tuner(task, "float32")
    write_up = write_up_classifier.build(_encoder(task), task.max_length, CLASSES, trainable=True)
    rows = write_up_classifier.batches(texts.input_ids, label_ids, task.max_length, CLASSES)
    ways = {
        "buckets": partial(_epoch, tuner, texts, bucket_lengths(task.max_length)),
        "padding": partial(_epoch, tuner, texts, [task.max_length]),
        "padding in float32": partial(_epoch, plain, texts, [task.max_length]),
        "write-up": partial(write_up.fit, rows, verbose=0),
    }
    return {name: Candidate(run, count) for name, run in ways.items()}


def _encoder(task: Task) -> TFPreTrainedModel:
    encoder = TFBertModel(BertConfig(task.vocabulary, **ARCHITECTURE), add_pooling_layer=False)
    encoder.build_in_name_scope()
    return encoder


def _fine_tuner(task: Task, precision: Precision) -> FineTuner:
    """What `components.trainer.finetuning.stage.tune` trains."""

    def forward(
        encoder: TFPreTrainedModel, head: keras.Model, ids: tf.Tensor, lengths: tf.Tensor, training: bool
    ) -> tf.Tensor:
        return head(encode(encoder, ids, lengths, "mean", training=training), training=training)

    with keras_precision(precision):
        encoder = _encoder(task)
    head = build_head(np.zeros((1, encoder.config.hidden_size), np.float32), CLASSES, TrainerConfig(standardize=False))
    model = fine_tuner(encoder, head, forward, UnfreezeConfig(), 1_000_000, tf.distribute.get_strategy())
    seed_dropout(model, 0)
    return model


def _epoch(model: FineTuner, texts: Texts, buckets: list[int]) -> None:
    model.fit(for_keras(training_batches(texts, buckets, BATCH, epochs=1, seed=0)), verbose=0)


def _slots_saved(task: Task) -> dict[str, float]:
    """Slots of padding to the maximum for each slot of an epoch in buckets: of the sample, and of all texts."""
    lengths = task.input_ids.row_lengths().numpy()
    saved = {}
    for count in (task.documents, len(lengths)):
        plan = plan_epoch(lengths[:count], bucket_lengths(task.max_length), BATCH, (0,))
        saved[f"{count:,} documents"] = count * task.max_length / (BATCH * int(plan.lengths.sum()))
    return saved
