import tensorflow as tf

from components.example_gen.batches import Batch, batch_rows, encode
from components.example_gen.config import SourceConfig
from components.example_gen.rows import Piece, Rejection, Row
from components.example_gen.splitting import digest

PIECE = Piece(0, None, "a.txt", "a.txt")
SOURCE = SourceConfig(format="text", files="a.txt")


def features(record: bytes) -> dict[str, list[bytes]]:
    example = tf.train.Example.FromString(record)
    return {name: list(feature.bytes_list.value) for name, feature in example.features.feature.items()}


def test_encode() -> None:
    rows = [Row("a:1", "京都へ行く。", "京都", "k1"), Row("a:2", "two", "b", None)]
    assert [features(record) for record in encode(rows)] == [
        {"id": [b"a:1"], "text": ["京都へ行く。".encode()], "label": ["京都".encode()], "group": [b"k1"]},
        {"id": [b"a:2"], "text": [b"two"], "label": [b"b"], "group": []},
    ]
    assert [set(features(record)) for record in encode([Row("a:1", "x")])] == [{"id", "text"}]


def test_batches_are_bounded_in_rows_and_characters() -> None:
    rows = [Row(f"a:{i}", "x") for i in range(2500)]
    batches = [batch for batch in batch_rows(rows, PIECE, SOURCE) if isinstance(batch, Batch)]
    assert [len(batch.records) for batch in batches] == [1000, 1000, 500]
    long = [Row(f"a:{i}", "長" * 3_000_000) for i in range(3)]
    assert [len(batch.records) for batch in batch_rows(long, PIECE, SOURCE) if isinstance(batch, Batch)] == [2, 1]


def test_rejections_pass_through() -> None:
    wrong = Rejection("a.txt", 2, "why")
    kinds = [type(item) for item in batch_rows([Row("a:1", "x"), wrong, Row("a:3", "y")], PIECE, SOURCE)]
    assert kinds == [Rejection, Batch]


def test_units_are_ids_or_groups() -> None:
    rows = [Row("1", "x", None, "g"), Row("2", "y", None, None)]

    def units(piece: Piece, **split: object) -> list[bytes]:
        source = SourceConfig.model_validate({"format": "text", "files": "a.txt", "split": {"seed": 7, **split}})
        return [unit for batch in batch_rows(rows, piece, source) if isinstance(batch, Batch) for unit in batch.units]

    assert units(PIECE) == [digest("1", 7), digest("2", 7)]
    assert units(PIECE, keep_groups=True) == [digest("g", 7), digest("2", 7)]
    assert units(Piece(0, "train", "a.txt", "a.txt")) == []


def test_select() -> None:
    batch = next(iter(batch_rows([Row(str(i), f"t{i}", f"l{i}", None, "f", i) for i in range(3)], PIECE, SOURCE)))
    assert isinstance(batch, Batch)
    chosen = batch.select([True, False, True], "eval")
    assert (chosen.split, chosen.strata, chosen.rows) == ("eval", ["l0", "l2"], [0, 2])
    assert [features(record)["text"] for record in chosen.records] == [[b"t0"], [b"t2"]]
    assert chosen.keys == [digest("0"), digest("2")]
    assert chosen.units == [digest("0", 0), digest("2", 0)]
    assert batch.select([False] * 3).split is None
