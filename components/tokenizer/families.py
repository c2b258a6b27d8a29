"""Writes the directories of tokenizers that do more, or put other tokens around a text, than BERT's.

As to which class of transformers a directory names, and special tokens in a text of unknown characters, see
`components.tokenizer.directory.write_sentencepiece`.
"""

from pathlib import Path

from components.text_transform.charmap import build_charmap
from components.text_transform.config import TextConfig
from components.tokenizer.albert import AlbertOptions, split_numbers
from components.tokenizer.directory_parts import as_array, make_spec, slow_config, write_files
from components.tokenizer.sentencepiece_layout import SentencePieceLayout
from components.tokenizer.sentencepiece_model import load, replace_first, without_dummy_prefix

_SPACE_MARK = "▁"


def write_albert(directory: str | Path, layout: SentencePieceLayout, options: AlbertOptions, text: TextConfig) -> None:
    """Writes a tokenizer of ALBERT's kind.

    Its class is ``BertJapaneseTokenizer``, which with SentencePiece does as ``AlbertTokenizer`` does but for accents;
    so these, and the case, are made part of the model's own normalization. What such a model cannot do:

    - With accents dropped, a Hangul syllable or Indic vowel that is spelled in parts, with a combining mark that is
      dropped between them, is not put together.
    - With accents dropped and lower-cased, the five capital sigmas of mathematics (U+1D6BA and so on) become σ, and not
      ς at the end of a word.
    - Where ``remove_space`` is false, white space is made single spaces nevertheless.

    The text graph does as ``AlbertTokenizer`` there too.

    Args:
        directory: Where to write; made if it is not there.
        layout: The model, and which id each piece has.
        options: What is done with a text before.
        text: Cleaning and stop words.

    Raises:
        ConfigError: If the model has no piece for the comma.
    """
    replacements = options.replacements()
    ids, starts = split_numbers(layout)
    lowered = {c: image.replace("Σ", "σ") if options.final_sigma else image for c, image in replacements.items()}
    files = {
        "spiece.model": replace_first(layout.model, lowered),
        "tokenizer_config.json": slow_config(
            "BertJapaneseTokenizer",
            layout,
            do_lower_case=False,
            do_word_tokenize=False,
            subword_tokenizer_type="sentencepiece",
        ),
    }
    spec = make_spec(
        "albert",
        layout.pieces,
        layout.special_ids,
        text,
        remove_space=options.remove_space,
        final_sigma=options.final_sigma,
    )
    tables = {"model": as_array(layout.model), "charmap": build_charmap(replacements), "ids": ids, "starts": starts}
    write_files(directory, files, spec, tables)


def write_t5(directory: str | Path, layout: SentencePieceLayout, legacy: bool, text: TextConfig) -> None:
    """Writes a tokenizer of T5's kind: ``</s>`` after a text, and nothing before it.

    Its class is ``SpeechT5Tokenizer``, which gives text to SentencePiece as it is. That is what ``T5Tokenizer`` does
    too if it is ``legacy``. If not, it puts a lead before the text and drops its pieces. The text graph does so too,
    but no class without a fast version. What the directory does otherwise for lack of a lead:

    - Of two segmentations whose scores differ by rounding alone, as with runs of a character, it may take the other.
    - Where the model's normalization does not take ``▁`` for a space (``nmt_nfkc`` does), white space at the start of a
      text is dropped, which would be a piece of its own.

    Args:
        directory: Where to write; made if it is not there.
        layout: The model, and which id each piece has.
        legacy: The option of ``T5Tokenizer``.
        text: Cleaning and stop words.
    """
    model = layout.model if legacy else replace_first(layout.model, {ord(_SPACE_MARK): " "})
    config = slow_config("SpeechT5Tokenizer", layout, bos_token=None)
    files = {"spm_char.model": model, "tokenizer_config.json": config}
    if legacy:
        spec = make_spec("sentencepiece", layout.pieces, layout.special_ids, text)
        write_files(directory, files, spec, {"model": as_array(layout.model), "ids": layout.ids})
        return
    model = without_dummy_prefix(layout.model)
    lead = layout.special["unk"].content
    spec = make_spec(
        "t5",
        layout.pieces,
        layout.special_ids,
        text,
        lead=lead + _SPACE_MARK,
        lead_pieces=len(load(model).encode(lead)),
    )
    write_files(directory, files, spec, {"model": as_array(model), "ids": layout.ids})
