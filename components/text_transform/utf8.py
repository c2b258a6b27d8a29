"""Making strings valid UTF-8, in the graph."""

import tensorflow as tf

_VALID = r"[\x{0}-\x{d7ff}\x{e000}-\x{10ffff}]*"
REPLACEMENT = 0xFFFD


def valid_utf8(texts: tf.Tensor) -> tf.Tensor:
    """Replaces bytes that are not UTF-8 by U+FFFD, as ``bytes.decode(errors="replace")`` does.

    A batch in which all is valid, the usual case, costs a scan and no conversion.

    Args:
        texts: string, any shape.

    Returns:
        string, the same shape.
    """
    valid = tf.reduce_all(tf.strings.regex_full_match(texts, _VALID))
    return tf.cond(valid, lambda: tf.identity(texts), lambda: _replace_invalid(texts))


def _replace_invalid(texts: tf.Tensor) -> tf.Tensor:
    return tf.strings.unicode_transcode(
        texts, "UTF-8", "UTF-8", errors="replace", replacement_char=REPLACEMENT, replace_control_characters=False
    )
