"""Training of WordPiece vocabularies with Hugging Face's ``tokenizers``."""

from collections import Counter
from collections.abc import Iterable

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from components.errors import DataError
from components.tokenizer.config import TokenizerConfig

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CONTINUATION = "##"


def train_wordpiece(texts: Iterable[str], config: TokenizerConfig) -> list[str]:
    """Trains a vocabulary; the same texts give the same one.

    Args:
        texts: The corpus; iterated over twice.
        config: Size and normalization.

    Returns:
        The pieces in order of ids, at most ``vocab_size``; the special ones are the first five.

    Raises:
        DataError: If the texts hold no word.
    """
    tokenizer = Tokenizer(models.WordPiece(unk_token=SPECIALS[1]))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=config.cjk_splitting,
        strip_accents=config.strip_accents,
        lowercase=config.lowercase,
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    alphabet, continuing = _alphabet(texts, tokenizer, (config.vocab_size - len(SPECIALS)) // 2)
    if not alphabet:
        raise DataError(
            "the tokenizer cannot be trained: its corpus holds no word; see its texts and the cleaning steps"
        )
    trainer = trainers.WordPieceTrainer(
        vocab_size=config.vocab_size,
        # Left alone, the trainer numbers the continuation characters in the order of a hash table, which differs from
        # run to run and decides between equally frequent merges.
        special_tokens=[*SPECIALS, *(CONTINUATION + character for character in continuing)],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    vocabulary = tokenizer.get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _alphabet(texts: Iterable[str], tokenizer: Tokenizer, size: int) -> tuple[list[str], list[str]]:
    """Finds the most frequent characters, and those of them that can continue a word, ``size`` in all."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(tokenizer.normalizer.normalize_str(text))
    alphabet: list[str] = []
    continuing: list[str] = []
    for character in sorted(counts, key=lambda c: (-counts[c], c)):
        words = tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(f"0{character}0"))
        is_space, continues = len(words) == 2, len(words) == 1
        if is_space:
            continue
        if len(alphabet) + len(continuing) + 1 + continues > size:
            break
        alphabet.append(character)
        continuing += [character] * continues
    return sorted(alphabet), sorted(continuing)
