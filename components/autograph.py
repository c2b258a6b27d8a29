"""Keeps AutoGraph out of Keras."""

from tensorflow.python.autograph.core import config

_LIBRARIES = ("tf_keras", "transformers")


def leave_libraries_alone() -> None:
    """Adds ``tf_keras`` and ``transformers`` to the libraries that AutoGraph does not rewrite.

    TensorFlow 2.16 lists ``keras`` there, not the package that Keras 2 has become. Without this the first
    step of ``fit`` rewrites all of Keras that it comes by: 18 s of CPU for a linear head, against 2 s. There
    is no public way to say it: ``do_not_convert`` around ``fit`` does not reach into its ``tf.function``.
    Functions that a user passes to a library are rewritten as ever.
    """
    known = {str(rule) for rule in config.CONVERSION_RULES}
    missing = [rule for rule in map(config.DoNotConvert, _LIBRARIES) if str(rule) not in known]
    config.CONVERSION_RULES = (*missing, *config.CONVERSION_RULES)
