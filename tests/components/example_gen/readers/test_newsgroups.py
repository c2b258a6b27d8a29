import io
import tarfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets._twenty_newsgroups import (
    strip_newsgroup_footer,
    strip_newsgroup_header,
    strip_newsgroup_quoting,
)

from components.errors import DataError
from components.example_gen.limits import MAX_MEMBER
from components.example_gen.readers import newsgroups
from components.example_gen.readers.newsgroups import (
    group_folders,
    read_newsgroups,
    strip,
    strip_footers,
    strip_headers,
    strip_quotes,
)
from components.example_gen.rows import Rejection, Row
from tests.components.example_gen.helpers import piece, short, texts, write

MESSAGE = """\
From: nobody@example.org
Subject: cafés

In article <1@example.org> someone writes:
> Who has been there?

I have. It was fine.
--
Nobody in particular
"""


def tar(path: Path, files: dict[str, bytes]) -> str:
    with tarfile.open(path, "w:gz" if path.suffix != ".tar" else "w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return str(path)


@pytest.mark.parametrize(
    ("remove", "expected"),
    [
        ((), MESSAGE),
        (("headers",), MESSAGE[MESSAGE.index("In article") :]),
        (("footers",), MESSAGE[: MESSAGE.index("\n--")]),
        (("quotes",), "From: nobody@example.org\nSubject: cafés\n\n\nI have. It was fine.\n--\nNobody in particular\n"),
        (("quotes", "footers", "headers"), "\nI have. It was fine."),
    ],
)
def test_strip(remove: tuple[str, ...], expected: str) -> None:
    assert strip(MESSAGE, remove) == expected


@pytest.mark.parametrize("name", ["news.tar.gz", "news.tgz", "news.tar"])
def test_tar(tmp_path: Path, name: str) -> None:
    messages = {
        "./bydate/sci.med/58045": "cafés".encode("latin-1"),
        "bydate/sci.med/.DS_Store": b"\0",
        "bydate/rec.autos/7": b" \n",
        "bydate/README": b"about",
    }
    path = tar(tmp_path / name, messages)
    assert short(read_newsgroups(piece(path))) == [
        ("sci.med/58045", "cafés", "sci.med"),
        (2, "rec.autos/7: no text"),
        (3, "README: not in a group's folder, so it has no label"),
    ]


def test_loose_messages(tmp_path: Path) -> None:
    paths = [write(tmp_path / "sci.med" / name, MESSAGE.encode("latin-1")) for name in ("1", "2")]
    rows = list(read_newsgroups(piece(tmp_path, messages=paths), ["headers", "footers", "quotes"]))
    assert short(rows) == [(f"sci.med/{number}", "\nI have. It was fine.", "sci.med") for number in (1, 2)]
    assert [(row.file, row.row) for row in rows] == [(path, 1) for path in paths]


def test_a_message_of_which_nothing_remains_is_rejected(tmp_path: Path) -> None:
    path = write(tmp_path / "sci.med" / "1", "Subject: test\n\n> all\n> quoted\n")
    assert short(read_newsgroups(piece(tmp_path, messages=[path]), ["headers", "quotes"])) == [
        (1, "sci.med/1: no text without headers, quotes")
    ]


def test_group_folders_are_the_innermost() -> None:
    names = ["/d/README", "/d/train/alt.atheism/1", "/d/train/sci.med/2", "/d/train/notes"]
    assert group_folders(names) == {"/d/train/alt.atheism", "/d/train/sci.med"}
    assert group_folders(["/d/sci.med/1"]) == {"/d/sci.med"}
    assert group_folders(["gs://b/news/sci.med/1", "gs://b/news/README"]) == {"gs://b/news/sci.med"}
    assert group_folders(["./sci.med/1", "./README"]) == {"./sci.med"}
    assert group_folders(["1", "2"]) == set()


RULES = ["", " ", "--", " -- ", "- -", "---x", "\r", "\xa0"]
QUOTES = ["> a", " > a", "| b", "he writes:", "X wrote: y", "In article 1", "Quoted from", "she said", "text"]
LINE = st.sampled_from(RULES + QUOTES)


@settings(deadline=None)
@given(st.lists(LINE, max_size=12).map("\n".join))
def test_stripping_equals_scikit_learn(message: str) -> None:
    assert strip_headers(message) == strip_newsgroup_header(message)
    assert strip_footers(message) == strip_newsgroup_footer(message)
    assert strip_quotes(message) == strip_newsgroup_quoting(message)


@pytest.mark.data
@pytest.mark.slow
def test_20_newsgroups(data_dir: Path) -> None:
    path = data_dir / "20newsgroups" / "20news-bydate-train.tar.gz"
    rows = list(read_newsgroups(piece(path)))
    messages = texts(rows)
    assert len(messages) == len({row.id for row in rows}) == 11_314  # type: ignore[union-attr]
    labels = Counter(row.label for row in rows)  # type: ignore[union-attr]
    assert len(labels) == 20
    assert (labels["alt.atheism"], labels["rec.sport.hockey"], labels["talk.religion.misc"]) == (480, 600, 377)
    for message in messages:
        assert strip_headers(message) == strip_newsgroup_header(message)
        assert strip_footers(message) == strip_newsgroup_footer(message)
        assert strip_quotes(message) == strip_newsgroup_quoting(message)
        everything = strip_newsgroup_quoting(strip_newsgroup_footer(strip_newsgroup_header(message)))
        assert strip(message, ("headers", "footers", "quotes")) == everything


def test_the_number_of_a_message_is_its_date(tmp_path: Path) -> None:
    path = tar(tmp_path / "news.tar", {"sci.med/58045": b"old", "sci.med/58100": b"new", "sci.med/about": b"?"})
    old, new, unnumbered = read_newsgroups(piece(path), dated=True)
    assert isinstance(old, Row)
    assert isinstance(new, Row)
    assert (old.date, new.date) == (58_045, 58_100)
    assert short([unnumbered]) == [(3, "sci.med/about: its name is no number, so that its place in time is unknown")]
    assert texts(read_newsgroups(piece(path))) == ["old", "new", "?"]


def test_nothing_in_an_archive_leaves_it(tmp_path: Path) -> None:
    path = tmp_path / "news.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in [
            ("sci.med/1", tarfile.REGTYPE),
            ("sci.med/link", tarfile.SYMTYPE),
            ("sci.med/hard", tarfile.LNKTYPE),
            ("sci.med/fifo", tarfile.FIFOTYPE),
            ("sci.med/device", tarfile.CHRTYPE),
            ("/etc/sci.med/2", tarfile.REGTYPE),
            ("../../sci.med/3", tarfile.REGTYPE),
            ("sci.med", tarfile.DIRTYPE),
            ("sci.med/.hidden", tarfile.REGTYPE),
        ]:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            member.size = 4 if kind == tarfile.REGTYPE else 0
            archive.addfile(member, io.BytesIO(b"text"))
    assert short(read_newsgroups(piece(path))) == [
        ("sci.med/1", "text", "sci.med"),
        (2, "link: a link, not a message"),
        (3, "hard: a link, not a message"),
        (4, "fifo: a device, a pipe or another special file, not a message"),
        (5, "device: a device, a pipe or another special file, not a message"),
        (6, "'/etc/sci.med/2': its name leads out of the archive"),
        (7, "'../../sci.med/3': its name leads out of the archive"),
    ]
    assert [one.name for one in tmp_path.iterdir()] == ["news.tar"]


def test_messages_beyond_the_limit_are_rejected(tmp_path: Path) -> None:
    long = b"x" * (MAX_MEMBER + 1)
    path = tar(tmp_path / "news.tar.gz", {"sci.med/1": long, "sci.med/2": b"text", "sci.med/3": b"a\0b"})
    assert short(read_newsgroups(piece(path))) == [
        (1, "1: a message of more than 16 MiB"),
        ("sci.med/2", "text", "sci.med"),
        (3, "sci.med/3: a NUL character, which is no text"),
    ]
    loose = write(tmp_path / "sci.med" / "1", long)
    assert short(read_newsgroups(piece(tmp_path, messages=[loose]))) == [(1, "1: a message of more than 16 MiB")]


def test_a_header_beyond_the_limit_is_an_error(tmp_path: Path) -> None:
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 64 << 20
    path = tmp_path / "news.tar"
    path.write_bytes(header.tobuf() + bytes(4096))
    with pytest.raises(DataError, match=r"news\.tar: a header in it has more than 16 MiB"):
        list(read_newsgroups(piece(path)))


def test_too_many_members_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newsgroups, "MAX_MEMBERS", 2)
    path = tar(tmp_path / "news.tar", {f"sci.med/{number}": b"text" for number in range(3)})
    with pytest.raises(DataError, match="has more than 2 members"):
        list(read_newsgroups(piece(path)))


def test_names_that_are_not_utf8_cost_their_messages_only(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding="cp932") as tar:
        for name in ("a/1", "京都/2"):
            member = tarfile.TarInfo(name)
            member.size = 5
            tar.addfile(member, io.BytesIO(b"hello"))
    row, rejection = read_newsgroups(piece(path))
    assert isinstance(row, Row) and row.label == "a"
    assert isinstance(rejection, Rejection) and rejection.row == 2
    assert rejection.reason == r"\x8b\x9e\x93s/2: its name is not UTF-8, so that its label is not known"
