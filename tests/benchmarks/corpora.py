"""The real texts that are measured on."""

import csv
import gzip
import itertools
import os
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("TFX_BERT_DATA", ROOT.parent / "shared" / "data"))
JAPANESE_LINES = 50_000


def messages() -> list[str]:
    """All 11,314 messages of 20 Newsgroups' train half, headers included."""
    return [message for message, _ in labelled_messages()]


def labelled_messages() -> list[tuple[str, str]]:
    """The same messages, each with the name of its group."""
    with tarfile.open(DATA / "20newsgroups" / "20news-bydate-train.tar.gz") as archive:
        return [
            (archive.extractfile(member).read().decode("latin-1"), Path(member.name).parent.name)
            for member in archive
            if member.isfile()
        ]


def japanese_lines() -> list[str]:
    """50,000 lines of Japanese Wikipedia's articles on Kyoto."""

    def lines():
        for path in sorted((DATA / "ja-wiki-kyoto").glob("*.txt.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as file:
                yield from (line.rstrip("\n") for line in file if line.strip())

    return list(itertools.islice(lines(), JAPANESE_LINES))


def japanese_sentences() -> list[str]:
    """KNBC's 3,390 training sentences."""
    with (DATA / "knbc" / "trains" / "features.csv").open(encoding="utf-8", newline="") as file:
        return [row["feature"] for row in csv.DictReader(file)]
