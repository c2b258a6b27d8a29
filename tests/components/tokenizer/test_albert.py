"""What is said of ALBERT by hand; that its ids are right is in test_parity."""

import pytest
import sentencepiece
import tensorflow as tf

from components.text_transform.graph import TextGraph
from components.tokenizer.albert import AlbertOptions, split_numbers
from components.tokenizer.sentencepiece_layout import plain_layout
from tests.components.tokenizer import families


def test_numbers_with_a_comma_are_split():
    layout = plain_layout(families.train(**families.ALBERT))
    processor = sentencepiece.SentencePieceProcessor(model_proto=layout.model)
    ids, starts = split_numbers(layout)
    became = {
        layout.pieces[index]: [layout.pieces[part] for part in ids[starts[index] : starts[index + 1]]]
        for index in range(processor.get_piece_size())
    }
    split = {piece: parts for piece, parts in became.items() if parts != [piece]}
    assert {"9,", "1,"} <= set(split), "the corpus gives such pieces"
    assert all(piece[-1] == parts[-1] == "," and piece[-2].isdigit() for piece, parts in split.items())
    assert all("".join(parts) == piece for piece, parts in split.items())
    assert split["9,"] == ["9", ","] and "the" not in split


@pytest.mark.parametrize(
    "options, text, expected",
    [
        ((True, False, True), "É ﬁ Ａ ㈱ ™ İ ẞ", "e fi a (株) tm i ß"),
        ((True, True, True), "É ﬁ Ａ İ", "é ﬁ ａ i\u0307"),
        ((False, False, True), "É ﬁ Ａ が ΑΣ", "E fi A か ΑΣ"),
        ((False, True, True), "É ﬁ Ａ", "É ﬁ Ａ"),
        ((True, False, True), "ΑΣ", "ασ"),  # each character by itself: no final sigma
        ((True, False, True), "\U0001d6ba", "Σ"),  # left for the text graph to lower-case
    ],
)
def test_replacements(options, text, expected):
    assert text.translate(AlbertOptions(*options).replacements()) == expected


def test_sigmas_of_mathematics_are_final_at_the_end_of_a_word(family):
    graph = TextGraph.load(family("albert-bpe").directory)
    texts = tf.constant(["α\U0001d6ba", "α\U0001d6baα", "\U0001d6ba", "ας", "ασα", "σ"])
    ids = graph.tokenize(texts).to_list()
    assert ids[:3] == ids[3:] and ids[0][:-2] == ids[1][: len(ids[0]) - 2] and ids[0] != ids[1]
