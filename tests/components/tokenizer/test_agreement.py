"""What no rule names is found by comparing ids."""

import json
import shutil
from pathlib import Path

import pytest
from sentencepiece import sentencepiece_model_pb2
from tokenizers import normalizers
from transformers import AutoTokenizer, BertTokenizerFast

from components.errors import ConfigError
from components.text_transform.config import TextConfig
from components.tokenizer import agreement, probes
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from tests.components.tokenizer import families

IMPORT = TokenizerConfig(kind="import")
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = [*SPECIAL, *"abcdefghijklmnopqrstuvwxyz京都の古い寺", "the", "room"]


def imported(source: Path, tmp_path: Path, text: TextConfig | None = None) -> None:
    import_tokenizer(source, tmp_path / "imported", IMPORT, text or TextConfig())


def edited(directory: Path, change, keep_rows: bool = True) -> Path:
    """A WordPiece tokenizer whose tokenizer.json was edited."""
    directory.mkdir()
    (directory / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    BertTokenizerFast(str(directory / "vocab.txt")).save_pretrained(directory)
    path = directory / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    if not keep_rows:
        (directory / "vocab.txt").unlink()
    return directory


def template(*parts: str | tuple[str, int]):
    def change(content) -> None:
        pairs = [(part, 0) if isinstance(part, str) else part for part in parts]
        content["post_processor"]["single"] = [
            {"Sequence": {"id": "A", "type_id": number}}
            if name == "A"
            else {"SpecialToken": {"id": name, "type_id": number}}
            for name, number in pairs
        ]

    return change


def put(*path_and_value):
    def change(content) -> None:
        *path, key, value = path_and_value
        for name in path:
            content = content[name]
        content[key] = value

    return change


TEMPLATES = {
    "text last": (template("[CLS]", "[SEP]", "A"), r"of the text 'a b', not \[2, 5, 6, 3\] \(see post_pro"),
    "text first": (template("A", "[CLS]", "[SEP]"), "of the text 'a b', not"),
    "no text": (template("[CLS]", "[SEP]"), r"gives \[2, 3\] to the text 'the .*, but tfx-bert's text graph gives \["),
    "text twice": (template("[CLS]", "A", "A", "[SEP]"), "to the text 'the .*, but tfx-bert's text graph gives"),
    "types": (template(("[CLS]", 2), ("A", 1), ("[SEP]", 1)), r"token types other than 0 \(\[2, 1, 1, .* post_pro"),
}  # fmt: skip
VOCABULARIES = {
    "one id twice": (put("model", "vocab", "room", PIECES.index("the")), "gives id 37 to both 'room' and 'the'"),
    "a huge id": (put("model", "vocab", "room", 2**32 - 1), "has 39 pieces, but the id of 'room' is 4,294,967,295"),
    "a large id": (put("model", "vocab", "room", 500_000), "but the id of 'room' is 500,000: take"),
    "unknown unk": (put("model", "unk_token", "寺々"), "get '寺々' .model.unk_token.*, which has no id in model.vocab"),
    "other unk": (put("model", "unk_token", "the"), r"get 'the' .*, which has id 37, but unk_token in .* has id 1"),
    "nothing": (put("model", "vocab", {}), r"get '\[UNK\]' .*, which has no id in model.vocab, but"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_is_put_around_a_text(tmp_path, name):
    change, message = TEMPLATES[name]
    with pytest.raises(ConfigError, match=message):
        imported(edited(tmp_path / "source", change), tmp_path)


@pytest.mark.parametrize("name", VOCABULARIES)
def test_vocabularies(tmp_path, name):
    change, message = VOCABULARIES[name]
    with pytest.raises(ConfigError, match=message):
        imported(edited(tmp_path / "source", change, keep_rows=False), tmp_path)


def test_a_lower_casing_tokenizer_json_beside_a_model(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    families.xlm_roberta(source)
    backend = AutoTokenizer.from_pretrained(source).backend_tokenizer
    backend.save(str(source / "tokenizer.json"))
    imported(source, tmp_path)
    backend.normalizer = normalizers.Sequence([backend.normalizer, normalizers.Lowercase()])
    backend.save(str(source / "tokenizer.json"))
    with pytest.raises(ConfigError, match=r"tokenizer\.json contradicts the \.model file beside it: by it, 'The Old "):
        imported(source, tmp_path)


def test_a_piece_that_only_transformers_knows(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    families.xlm_roberta(source)
    path = source / "sentencepiece.bpe.model"
    proto = sentencepiece_model_pb2.ModelProto.FromString(path.read_bytes())
    piece = next(piece for piece in proto.pieces if piece.piece == "の")
    piece.type = sentencepiece_model_pb2.ModelProto.SentencePiece.UNUSED
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(ConfigError, match="XLMRobertaTokenizer gives .* to the text '.*の.*, but tfx-bert's"):
        imported(source, tmp_path)


def test_cleaning_is_no_difference(trained, tmp_path):
    source = shutil.copytree(trained["cased"], tmp_path / "source", ignore=shutil.ignore_patterns("text_graph*"))
    imported(source, tmp_path, TextConfig(cleaning=["digits_to_zero"], unknown_marker="@@"))


def test_ids_are_shown_about_the_first_difference(trained, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(trained["cased"])
    tokenizer.backend_tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    with pytest.raises(ConfigError) as refused:
        agreement.check_graph(trained["cased"], tokenizer, tmp_path)
    message = str(refused.value)
    assert message.startswith(f"tokenizer.source: {tmp_path}: BertTokenizerFast gives [")
    assert "\n" not in message and len(message) < 600


def test_texts_are_made_of_the_vocabulary():
    texts = probes.make([*PIECES, "##ing", "▁寺院", "\U000e0fff"], ["[CLS]", "寺々"])
    assert {"", "[CLS]", "The[CLS]old [CLS] 京[CLS]", "The寺々old 寺々 京寺々"} <= set(texts)
    assert any("room" in text or "the" in text for text in texts) and not any("\U000e0fff" in text for text in texts)
    assert len(texts) < 150 and len(probes.make(["寺"] * 100_000, [])) < 150
