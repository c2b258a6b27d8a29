from collections import Counter
from pathlib import Path

import pytest

from components.errors import DataError
from components.example_gen.config import SourceConfig
from components.example_gen.readers.knbc import check_pair, check_theme, read_pair, read_tsv
from tests.components.example_gen.helpers import piece, short, write

SOURCE = SourceConfig(format="knbc", files="x", encoding="utf-8")
SENTENCE = "KN001_Kyoto_1-1-1-01\t［京都観光］時雨殿に行った。\t\t\t\t\n"


def pair(folder: Path, features: str | bytes, labels: str | bytes) -> Path:
    write(folder / "features.csv", features)
    write(folder / "labels.csv", labels)
    return folder


def test_pair(tmp_path: Path) -> None:
    folder = pair(tmp_path / "trains", 'feature\nペースが速い。\n"銀閣、金閣"\n', "label\nスポーツ\n京都\n")
    check_pair(str(folder), SOURCE)
    assert short(read_pair(piece(folder), SOURCE)) == [
        ("trains:2", "ペースが速い。", "スポーツ"),
        ("trains:3", "銀閣、金閣", "京都"),
    ]


def test_unusable_records_do_not_shift_the_labels(tmp_path: Path) -> None:
    features = "feature\n一\n\n三\n".encode() + "四".encode("euc_jp") + "\n五, と\n六\n七\n".encode()
    folder = pair(tmp_path, features, "label\na\nb\nc\nd\ne\n\ng\n")
    rows = list(read_pair(piece(folder), SOURCE))
    assert short(rows) == [
        (f"{tmp_path.name}:2", "一", "a"),
        (3, "no value"),
        (f"{tmp_path.name}:4", "三", "c"),
        (5, "not UTF-8: byte 0xbb at position 1"),
        (6, "2 fields instead of 1"),
        (7, "no value"),
        (f"{tmp_path.name}:8", "七", "g"),
    ]
    assert rows[5].file == str(tmp_path / "labels.csv")


@pytest.mark.parametrize(
    ("features", "shorter"), [("feature\n一\n", "features.csv"), ("feature\n一\n二\n三\n", "labels.csv")]
)
def test_files_of_unequal_length_are_an_error(tmp_path: Path, features: str, shorter: str) -> None:
    folder = pair(tmp_path, features, "label\na\nb\n")
    with pytest.raises(DataError, match=f"{shorter} ends after [12] records"):
        list(read_pair(piece(folder), SOURCE))


def test_wrong_columns_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"labels.csv: must have the one column 'label'; its columns are \['labels'\]"):
        check_pair(str(pair(tmp_path, "feature\n一\n", "labels\na\n")), SOURCE)


def test_tsv(tmp_path: Path) -> None:
    wrong = "KN1_Kyoto_1-1-2-01\t短い。\nKyoto\t文。\t\t\t\t\nKN001_Kyoto_1-1-3-01\t 　\t\t\t\t\n\n"
    other = "KN002_Kyoto_1-1-1-01\t二条城。\t[著者]\t美しい\t批評+\t城\n"
    path = write(tmp_path / "Kyoto.tsv", SENTENCE + wrong + other)
    rows = list(read_tsv(piece(path)))
    assert short(rows) == [
        ("KN001_Kyoto_1-1-1-01", "［京都観光］時雨殿に行った。", "京都"),
        (2, "2 fields instead of 6"),
        (3, "'Kyoto' is no sentence id such as 'KN001_Kyoto_1-1-1-01'"),
        (4, "no sentence"),
        ("KN002_Kyoto_1-1-1-01", "二条城。", "京都"),
    ]
    assert [row.group for row in (rows[0], rows[-1])] == ["KN001_Kyoto_1", "KN002_Kyoto_1"]  # type: ignore[union-attr]


def test_the_file_name_must_be_a_theme() -> None:
    check_theme("/data/Keitai.tsv.gz")
    with pytest.raises(
        DataError, match=r"'Kioto' is no theme of KNBC \(did you mean 'Kyoto'\?\): they are Gourmet, Keitai"
    ):
        check_theme("/data/Kioto.tsv")


@pytest.mark.data
def test_knbc_pairs(data_dir: Path) -> None:
    labels = []
    for folder, count in (("trains", 3_390), ("tests", 377)):
        rows = short(read_pair(piece(data_dir / "knbc" / folder), SOURCE))
        assert len(rows) == count
        assert rows[0][0] == f"{folder}:2"
        labels.append(Counter(row[2] for row in rows))
    assert labels[0] == {"京都": 1213, "携帯電話": 1035, "グルメ": 719, "スポーツ": 423}
    assert labels[1] == {"京都": 135, "携帯電話": 115, "グルメ": 80, "スポーツ": 47}


@pytest.mark.data
def test_knbc_corpus2(data_dir: Path) -> None:
    rows = [row for path in sorted((data_dir / "knbc/corpus2").glob("*.tsv")) for row in read_tsv(piece(path))]
    assert len({row[0] for row in short(rows)}) == len(rows) == 3_767
    assert Counter(row[2] for row in short(rows)) == {"京都": 1348, "携帯電話": 1150, "グルメ": 799, "スポーツ": 470}
    assert len({row.group for row in rows}) == 249  # type: ignore[union-attr]
    pairs = [row for folder in ("trains", "tests") for row in read_pair(piece(data_dir / "knbc" / folder), SOURCE)]
    assert Counter(row[1:] for row in short(rows)) == Counter(row[1:] for row in short(pairs))
