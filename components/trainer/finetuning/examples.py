"""The second stage on a split of transformed examples: the same texts and the same validation part as the head's."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras
from transformers import TFPreTrainedModel

from components.errors import DataError
from components.feature_gen.encoder import encode
from components.feature_gen.info import FeaturesInfo
from components.feature_gen.records import TokenizedTexts, read_tokenized, targets
from components.trainer.config import TrainerConfig
from components.trainer.finetuning.batches import Texts
from components.trainer.finetuning.config import UnfreezeConfig
from components.trainer.finetuning.precision import computing_in
from components.trainer.finetuning.stage import TuneResult, tune
from components.trainer.training import balanced_weights
from components.trainer.validation import validation_rows
from components.training.arithmetic import choose_precision

WINDOW = 16384  # examples parsed at a time


def tune_on_examples(
    files: Sequence[str],
    encoder: TFPreTrainedModel,
    backbone: str | Path,
    head: tf_keras.Model,
    features: FeaturesInfo,
    labels: list[str],
    config: TrainerConfig,
    unfreeze: UnfreezeConfig,
    strategy: tf.distribute.Strategy,
    log_dir: str | Path | None = None,
    checkpoint_dir: str | Path | None = None,
    multi_label: bool = False,
) -> TuneResult:
    """Trains encoder and head in place on the train split, as `components.trainer.finetuning.stage.tune` does.

    Args:
        files: gzip TFRecords of the train split, as the Transform wrote them.
        encoder: Loaded from ``backbone`` in the scope of ``strategy``.
        backbone: The Backbone artifact.
        head: Trained on the encoder's features.
        features: How those features were made.
        labels: Label texts by class number.
        config: How the head was trained: seed, validation part, empty texts, class weights and label smoothing are
            the same here.
        unfreeze: How encoder and head are trained.
        strategy: Where to train.
        log_dir: Folder for TensorBoard's logs; None for none.
        checkpoint_dir: Folder of the checkpoints of exactly this training; None for none.
        multi_label: Whether an example may have several labels or none.

    Returns:
        What was kept, and the figures.

    Raises:
        DataError: If the validation part is empty, or a text has more tokens than the encoder has positions.
    """
    data = _read(files)
    label_ids = targets(data.label_ids, len(labels) if multi_label else None)
    usable = np.full(len(data.ids), True) if config.train_on_empty else data.token_counts > 0
    held_out = np.full(len(data.ids), False)
    held_out[usable] = validation_rows(
        data.ids[usable],
        label_ids[usable],
        config.validation_share,
        config.seed,
        data.groups[usable] if config.group_folds else None,
    )
    if not held_out.any():
        raise DataError(
            f"trainer.validation_share {config.validation_share} of {usable.sum()} examples leaves none to judge the "
            "unfrozen encoder on: raise it, or leave out trainer.unfreeze"
        )

    def forward(
        encoder: TFPreTrainedModel, head: tf_keras.Model, ids: tf.Tensor, lengths: tf.Tensor, training: bool
    ) -> tf.Tensor:
        return head(
            encode(encoder, ids, lengths, features.pooling, features.hidden_layers, training), training=training
        )

    precision = choose_precision(unfreeze.precision, strategy)
    with computing_in(precision, encoder, backbone, strategy) as trained:
        return tune(
            trained,
            head,
            forward,
            _take(data, label_ids, usable & ~held_out, config.class_weights),
            _take(data, label_ids, held_out, weigh=False),
            labels,
            unfreeze,
            strategy,
            config.seed,
            log_dir,
            config.label_smoothing,
            checkpoint_dir,
            config.threshold,
        )


def _read(files: Sequence[str]) -> TokenizedTexts:
    parts = list(read_tokenized(files, WINDOW))
    return TokenizedTexts(
        tf.concat([part.input_ids for part in parts], axis=0),
        tf.concat([part.label_ids for part in parts], axis=0),
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("ids", "texts", "token_counts", "groups")
        ),
    )


def _take(data: TokenizedTexts, label_ids: np.ndarray, rows: np.ndarray, weigh: bool) -> Texts:
    chosen = label_ids[rows]
    weights = np.ones(len(chosen), np.float32)
    if weigh:
        by_class = balanced_weights(chosen)
        weights = np.array([by_class[label_id] for label_id in chosen.tolist()], np.float32)
    return Texts(tf.cast(tf.ragged.boolean_mask(data.input_ids, rows), tf.int32), chosen, weights)
