import io
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import DataError
from components.example_gen.encodings import decide, normalize

JAPANESE = [
    "京都のお寺は静かで、とてもよかったです。",
    "携帯電話の電池がすぐに切れる。",
    "「昨日」食べたラーメンは美味しくなかった…",
    "①駅から近い ②値段が安い",
    "サッカーの試合を見に行きました！",
]
GERMAN = ["Das Frühstück war ausgezeichnet.", "Schöne Bäder, große Zimmer", "Müller sagte: „Zu laut!“", "für 89 €"]
FRENCH = ["La chambre était très propre.", "L’hôtel est situé près de la gare", "Où est la piscine ? Ça va.", "été"]
ENGLISH = ["The room was clean.", "We’ll be back – “nice” café.", "It costs £12."]


def decided(content: bytes) -> str:
    return decide(lambda: io.BytesIO(content), "a.txt")


@pytest.mark.parametrize(
    ("lines", "encoding", "name"),
    [
        *((JAPANESE, encoding, encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp932")),
        (JAPANESE, "utf-16", "utf-16"),
        (JAPANESE, "utf-32", "utf-32"),
        (JAPANESE, "utf-8-sig", "utf-8"),
        (JAPANESE[:3], "euc_jp", "euc_jp"),
        (JAPANESE[:3], "iso2022_jp", "iso2022_jp"),
        *((lines, "cp1252", "cp1252") for lines in (GERMAN, FRENCH, ENGLISH)),
        *((lines, "utf-8", "utf-8") for lines in (GERMAN, FRENCH, ENGLISH)),
        *((lines, "utf-16-le", "utf-16-le") for lines in (GERMAN, FRENCH, ENGLISH)),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_languages_in_their_encodings(lines: list[str], encoding: str, name: str, end: str) -> None:
    content = end.join(lines) + end
    assert decided(content.encode(encoding)) == name
    assert decided(("plain,english\n" * 500 + content).encode(encoding)) == name  # not decided on the beginning
    for line in lines:  # a single line is right, or not certain
        try:
            found = decided((line + end).encode(encoding))
        except DataError as error:
            assert "its encoding is not certain" in str(error)
        else:
            assert (line + end).encode(encoding).decode(found) in (line + end, "\ufeff" + line + end)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("房间很干净，早餐也很好吃。\n服务员态度不好。\n", "gbk"),
        ("房間很乾淨，早餐也很好吃。\n服務員態度不好。\n", "big5"),
        ("방이 깨끗하고 아침 식사가 맛있었어요.\n직원이 불친절했습니다.\n", "euc_kr"),
        ("Номер был чистый, завтрак вкусный.\nПерсонал грубый.\n", "cp1251"),
        ("Номер был чистый, завтрак вкусный.\nПерсонал грубый.\n", "koi8_r"),
        ("Pokój był czysty, śniadanie smaczne.\nPříliš žluťoučký kůň úpěl ódy.\n", "cp1250"),
        ("Oda çok temizdi, kahvaltı güzeldi.\nŞehir merkezine yakın, gideceğiz.\n", "cp1254"),
        ("Το δωμάτιο ήταν καθαρό.\n", "cp1253"),
    ],
)
def test_what_is_not_known_is_refused(text: str, encoding: str) -> None:
    with pytest.raises(DataError, match=r"a\.txt: its encoding is not certain: .*; name it: `encoding`"):
        decided(text.encode(encoding))


def test_few_lines_that_are_not_utf8_do_not_change_the_encoding() -> None:
    good = "".join(f"京都の寺、第{row}回\n" for row in range(20)).encode()
    bad = "悪い\n".encode("cp932")
    assert decided(good + bad) == decided(bad + good) == decided(good + bad * 2) == "utf-8"
    with pytest.raises(DataError, match=r"20 lines are UTF-8 and 3 are not \(line 21 is the first\)"):
        decided(good + bad * 3)
    assert decided(b"plain english\n" * 200 + b"\xff\xfe\xfd\n") == "utf-8"  # no text in any encoding


def test_nuls_are_no_text() -> None:
    assert decided(b"a,b\n" * 500 + b"a\0b\n") == "utf-8"  # the row is rejected when it is read
    with pytest.raises(DataError, match=r"500 of its 1,000 lines have NUL bytes, which no text has"):
        decided(b"a,b\na\0b,c\n" * 500)
    with pytest.raises(DataError, match="NUL bytes"):
        decided(bytes(range(256)) * 40)


@pytest.mark.parametrize("name", ["nope", "rot13", "hex", "unicode_escape", "idna", "utf-7", "undefined", ""])
def test_names_that_are_no_encodings(name: str) -> None:
    with pytest.raises(ValueError, match="is no encoding; use 'auto', 'utf-8'"):
        normalize(name)


def test_names() -> None:
    names = ["AUTO", "UTF8", "utf_8_sig", "ascii", "Shift_JIS", "sjis", "windows-31j", "EUC-JP", "latin-1"]
    assert [normalize(name) for name in names] == [
        *("auto", "utf-8", "utf-8", "utf-8", "cp932", "cp932", "cp932", "euc_jp", "iso8859-1")
    ]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_have_an_encoding_or_an_error(content: bytes) -> None:
    try:
        assert decided(content)
    except DataError as error:
        assert "a.txt: " in str(error)


@pytest.mark.data
@pytest.mark.parametrize(("encoding", "most_refused"), [("cp932", 0.05), ("euc_jp", 0.1), ("utf-16-le", 0.01)])
def test_real_sentences_one_by_one(data_dir: Path, encoding: str, most_refused: float) -> None:
    lines = (data_dir / "knbc" / "trains" / "features.csv").read_text(encoding="utf-8").splitlines()
    sentences = [line for line in lines[1:] if _encodes(line, encoding)]
    refused = 0
    for sentence in random.Random(0).sample(sentences, 400):
        try:
            assert (sentence + "\n").encode(encoding).decode(
                decided((sentence + "\n").encode(encoding))
            ) == sentence + "\n"
        except DataError:
            refused += 1
    assert refused <= 400 * most_refused


def _encodes(line: str, encoding: str) -> bool:
    try:
        return line.encode(encoding).decode(encoding) == line
    except UnicodeError:
        return False
