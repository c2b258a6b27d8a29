"""Training of SentencePiece models."""

import io
import re
from collections.abc import Iterable, Iterator

import sentencepiece

from components.errors import ConfigError, DataError
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.score_rounding import round_scores

SPECIALS = ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]")

_THREADS = 2
_MAX_BYTES = 1 << 16


def train_sentencepiece(texts: Iterable[str], config: TokenizerConfig) -> bytes:
    """Trains a model; the same texts give the same one.

    Args:
        texts: The corpus.
        config: Size, algorithm and normalization.

    Returns:
        The serialized model; ids 0 to 4 are ``<pad> <unk> [CLS] [SEP] [MASK]``.

    Raises:
        ConfigError: If the vocabulary is too large or too small for the texts.
        DataError: If there is no text.
    """
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=_sentences(texts),
            model_writer=model,
            model_type=config.model_type,
            vocab_size=config.vocab_size,
            character_coverage=config.character_coverage,
            byte_fallback=config.byte_fallback,
            normalization_rule_name=config.normalization,
            pad_id=0,
            pad_piece=SPECIALS[0],
            unk_id=1,
            unk_piece=SPECIALS[1],
            bos_id=-1,
            eos_id=-1,
            control_symbols=list(SPECIALS[2:]),
            hard_vocab_limit=False,
            max_sentence_length=_MAX_BYTES,
            num_threads=_THREADS,
            minloglevel=2,
        )
    except (RuntimeError, OSError) as error:
        raise _explain(str(error), config) from error
    return round_scores(model.getvalue())


def _sentences(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        # White space other than the space would give pieces that no vocabulary file can hold a line of.
        sentence = re.sub(r"\s", " ", text).replace("\0", " ").strip()
        if sentence:
            yield sentence


def _explain(message: str, config: TokenizerConfig) -> Exception:
    limit = re.search(r"<= (\d+)", message)
    if "too high" in message:
        remedy = f"set it to at most {limit[1]}" if limit else "make it smaller"
        return ConfigError(
            "tokenizer.vocab_size", f"{config.vocab_size} pieces are more than the corpus holds: {remedy}"
        )
    if "smaller than required_chars" in message:
        return ConfigError(
            "tokenizer.vocab_size",
            f"{config.vocab_size} pieces are fewer than the corpus has characters: make it larger, "
            f"or tokenizer.character_coverage ({config.character_coverage}) smaller",
        )
    return DataError(f"the tokenizer cannot be trained: SentencePiece says: {message.strip() or 'no text'}")
