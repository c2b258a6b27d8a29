"""What becomes of texts with more tokens than an encoder reads at once, in the graph."""

import tensorflow as tf

from components.text_transform.config import CutConfig


def cut_ids(ids: tf.RaggedTensor, room: int, cut: CutConfig) -> tf.RaggedTensor:
    """Cuts texts as the configuration says; those that fit stay as they are.

    Args:
        ids: (N, None), without special tokens.
        room: Tokens of a window, special ones aside.
        cut: Which tokens are kept: the first ``room``; ``room`` from both ends, after Sun et al. 2019, "How to
            Fine-Tune BERT for Text Classification?"; or as many as the windows cover.

    Returns:
        (N, None), of the type of ``ids``.
    """
    match cut.long_documents:
        case "head":
            return ids[:, :room]
        case "head_tail":
            head = round(cut.head_share * room)
            rest = ids[:, head:]
            return ids[:, :head] if head == room else tf.concat([ids[:, :head], rest[:, head - room :]], axis=1)
        case "chunks":
            return ids[:, : room + (cut.max_chunks - 1) * (room - cut.chunk_overlap)]


def split_ids(ids: tf.RaggedTensor, room: int, overlap: int) -> tf.RaggedTensor:
    """Divides texts into windows.

    Args:
        ids: (N, None), without special tokens.
        room: Tokens of a window.
        overlap: Tokens that a window shares with the one before it; less than ``room``.

    Returns:
        (N, None, None) of the type of ``ids``: all windows of a text but the last are full, and one without tokens has
        a window without tokens.

    Example:
        >>> split_ids(tf.ragged.constant([[1, 2, 3, 4, 5], []], dtype=tf.int32), room=3, overlap=1).to_list()
        [[[1, 2, 3], [3, 4, 5]], [[]]]
    """
    step = room - overlap
    lengths = ids.row_lengths()
    more = tf.maximum(lengths - room, 0)
    offsets = step * tf.ragged.range(1 + (more + step - 1) // step)
    text = offsets.value_rowids()
    starts = tf.gather(ids.row_starts(), text) + offsets.values
    ends = tf.minimum(starts + room, tf.gather(ids.row_limits(), text))
    places = tf.ragged.range(starts, ends)
    return offsets.with_values(places.with_values(tf.gather(ids.values, places.values)))
