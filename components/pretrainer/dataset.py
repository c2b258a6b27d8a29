"""Batches for masked language modelling: an endless stream for training, a fixed set for evaluation."""

from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from components.examples import read_records
from components.pretrainer import packing
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.masking import Vocabulary, lay_out, mask_blocks
from components.training.batches import MADE_AHEAD, made_ahead

EVAL_SEED = -1  # a stream of its own beside the training steps, which count from 0


def read_corpus(files: list[str]) -> packing.Corpus:
    """Reads the ``input_ids`` of transformed Examples, in the order of the files.

    Args:
        files: gzip TFRecords of ``tf.Example``.

    Returns:
        All texts that have at least one token.
    """
    records = read_records(files).batch(4096)
    feature = {"input_ids": tf.io.RaggedFeature(tf.int64)}
    parsed = records.map(lambda batch: tf.io.parse_example(batch, feature)["input_ids"])
    ids, counts = [np.zeros(0, np.int32)], [np.zeros(0, np.int64)]
    for batch in parsed.prefetch(MADE_AHEAD):
        ids.append(batch.flat_values.numpy().astype(np.int32))
        counts.append(batch.row_lengths().numpy())
    lengths = np.concatenate(counts)
    return packing.Corpus(np.concatenate(ids), lengths[lengths > 0])


def epoch_blocks(corpus: packing.Corpus, config: PretrainerConfig, pad_id: int, epoch: int) -> np.ndarray:
    """The blocks of one epoch in the order in which they are trained on.

    Args:
        corpus: The texts.
        config: Block length, order and seed.
        pad_id: The padding id.
        epoch: Counted from 0; each has another order, always the same one for the same seed.

    Returns:
        int32, shape ``(blocks, block_length)``; the number of blocks is the same in every epoch.
    """
    seed = (config.seed, epoch)
    if config.shuffle_texts:
        return packing.pack(packing.shuffle(corpus, seed), config.block_length, pad_id, config.packing)
    return np.random.default_rng(seed).permutation(packing.pack(corpus, config.block_length, pad_id, config.packing))


def training_batches(
    corpus: packing.Corpus, config: PretrainerConfig, vocabulary: Vocabulary, first_step: int = 0
) -> tf.data.Dataset:
    """The endless stream of training batches; what a step sees depends on the seed and its number only.

    Batches run over the ends of epochs, so all have the same shape and no block is left out.

    Args:
        corpus: The texts; at least one.
        config: Sizes, order, masking and seed.
        vocabulary: Which ids are special.
        first_step: Number of the step that the first batch is for.

    Returns:
        Batches of ``batch_size`` blocks: what `mask_blocks` and `lay_out` of `components.pretrainer.masking` give.
    """
    blocks_an_epoch = packing.count_blocks(corpus, config.block_length, config.packing)
    first_epoch, skip = divmod(first_step * config.batch_size, blocks_an_epoch)

    def epochs() -> Iterator[np.ndarray]:
        epoch = first_epoch
        while True:
            yield epoch_blocks(corpus, config, vocabulary.pad_id, epoch)
            epoch += 1

    spec = tf.TensorSpec((blocks_an_epoch, config.block_length), tf.int32)
    blocks = tf.data.Dataset.from_generator(epochs, output_signature=spec).unbatch().skip(skip)
    batches = blocks.batch(config.batch_size, drop_remainder=True).enumerate(start=first_step)
    return made_ahead(batches, _hide(config, vocabulary))


def eval_batches(corpus: packing.Corpus, config: PretrainerConfig, vocabulary: Vocabulary) -> tf.data.Dataset:
    """A finite set of batches, masked once and for all, so that figures of different epochs can be compared.

    Args:
        corpus: The held-out texts; at least one.
        config: Sizes, masking, seed and ``eval_blocks``.
        vocabulary: Which ids are special.

    Returns:
        Batches like those for training; the last one is filled up with blocks of padding, whose weights are 0.
    """
    blocks = packing.pack(corpus, config.block_length, vocabulary.pad_id, config.packing)[: config.eval_blocks]
    missing = -len(blocks) % config.batch_size
    filled = np.pad(blocks, ((0, missing), (0, 0)), constant_values=vocabulary.pad_id)
    batches = tf.data.Dataset.from_tensor_slices(filled).batch(config.batch_size, drop_remainder=True).enumerate()
    hide = _hide(config, vocabulary)
    return made_ahead(batches, lambda number, batch: hide(EVAL_SEED - number, batch)).cache()


def _hide(config: PretrainerConfig, vocabulary: Vocabulary) -> Callable[[tf.Tensor, tf.Tensor], dict[str, tf.Tensor]]:
    def hide(number: tf.Tensor, batch: tf.Tensor) -> dict[str, tf.Tensor]:
        seed = tf.stack([config.seed, number])
        masked = mask_blocks(batch, seed, vocabulary, config.mask_share, config.whole_words)
        return masked | lay_out(batch, vocabulary, by_text=config.attention == "text")

    return hide
