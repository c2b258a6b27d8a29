"""What the gate has to know of labels and their texts, collected in one pass, in memory that does not grow with them.

Labels are counted one by one, up to `MOST_LABELS`. Texts are compared by hashes, up to `MOST_TEXTS` different ones; of
more, those are kept whose hashes are smallest, which is a sample of the texts with all rows of each (Gibbons, "Distinct
Sampling for Highly-Accurate Answers to Distinct Values Queries", VLDB 2001). Both together take some 60 MB.
"""

import dataclasses
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

MOST_LABELS = 10_000
MOST_TEXTS = 1 << 17
SHOWN = 3
_LONGEST_SHOWN = 40  # characters of a text or a label in a message
_BITS = 64
_WORD = re.compile(r"[^\W_]")  # a letter or a digit of any script
_LETTER = re.compile(r"[^\W\d_]")


@dataclasses.dataclass(frozen=True, slots=True)
class LabelledRow:
    """A row of a split.

    Attributes:
        split: Its name.
        id: File and record number, or the value of the id column.
        text: Raw.
        labels: One, or any number where there may be several.
    """

    split: str
    id: str
    text: str
    labels: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where it is, for a person."""
        return f"{self.id} ({self.split})"


@dataclasses.dataclass(slots=True)
class LabelFacts:
    """Facts of one label.

    Attributes:
        rows: By split.
        first: Where the first rows are.
        text: Hash of the text of the first row.
        equal: Whether all rows have this text.
        numbers: Whether no text has a letter, and each a digit.
        blank: Whether no text has a letter or a digit.
        shown: The beginning of the first text.
    """

    rows: Counter[str]
    first: list[str]
    text: int
    equal: bool
    numbers: bool
    blank: bool
    shown: str

    @property
    def total(self) -> int:
        """Rows of all splits."""
        return self.rows.total()


@dataclasses.dataclass(slots=True)
class _Seen:
    labels: tuple[str, ...]
    id: str
    split: str
    rows: int = 1


class Collected:
    """What was collected of all rows.

    Attributes:
        rows: By split.
        labels: Facts by label, of the first `MOST_LABELS`.
        more_labels: Whether there were more labels.
    """

    def __init__(self, most_labels: int = MOST_LABELS, most_texts: int = MOST_TEXTS) -> None:
        """Begins with nothing.

        Args:
            most_labels: Labels to count.
            most_texts: Different texts to compare.
        """
        self.rows: Counter[str] = Counter()
        self.labels: dict[str, LabelFacts] = {}
        self.more_labels = False
        self._most_labels, self._most_texts = most_labels, most_texts
        self._seen: dict[int, _Seen] = {}
        self._conflicts: dict[int, str] = {}
        self._halvings = 0

    def add(self, row: LabelledRow) -> None:
        """Counts a row."""
        self.rows[row.split] += 1
        plain = plain_text(row.text)
        key = int.from_bytes(hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=_BITS // 8).digest(), "big")
        for label in row.labels:
            self._count(label, row, plain, key)
        if key >> (_BITS - self._halvings) == 0:
            self._compare(key, row)

    @property
    def is_sample(self) -> bool:
        """Whether only some texts were compared with each other."""
        return self._halvings > 0

    @property
    def conflicting_rows(self) -> int:
        """Rows whose text other rows have with other labels; an estimate where `is_sample`."""
        return sum(self._seen[key].rows for key in self._conflicts) << self._halvings

    @property
    def conflicting_texts(self) -> int:
        """Texts that have different labels; an estimate where `is_sample`."""
        return len(self._conflicts) << self._halvings

    @property
    def conflicts(self) -> list[str]:
        """The first of them, in words."""
        return [self._conflicts[key] for key in list(self._conflicts)[:SHOWN]]

    def _count(self, label: str, row: LabelledRow, plain: str, key: int) -> None:
        facts = self.labels.get(label)
        if facts is None and len(self.labels) >= self._most_labels:
            self.more_labels = True
            return
        if facts is None:
            facts = LabelFacts(Counter(), [], key, equal=True, numbers=True, blank=True, shown=short(row.text))
            self.labels[label] = facts
        facts.rows[row.split] += 1
        if len(facts.first) < SHOWN:
            facts.first.append(row.place)
        facts.equal = facts.equal and facts.text == key
        if facts.numbers or facts.blank:
            has_word = bool(_WORD.search(plain))
            facts.blank = facts.blank and not has_word
            facts.numbers = facts.numbers and has_word and not _LETTER.search(plain)

    def _compare(self, key: int, row: LabelledRow) -> None:
        labels = row.labels if len(row.labels) == 1 else tuple(sorted(set(row.labels)))
        seen = self._seen.get(key)
        if seen is None:
            self._seen[key] = _Seen(labels, row.id, row.split)
            if len(self._seen) > self._most_texts:
                self._halve()
            return
        seen.rows += 1
        if seen.labels != labels and key not in self._conflicts:
            first = f"{_names(seen.labels)} in {seen.id} ({seen.split})"
            self._conflicts[key] = f"{short(row.text)!r} has {first} and {_names(labels)} in {row.place}"

    def _halve(self) -> None:
        """Keeps the texts in the lower half of the hashes, and each conflict among them."""
        self._halvings += 1
        self._seen = {key: seen for key, seen in self._seen.items() if key >> (_BITS - self._halvings) == 0}
        self._conflicts = {key: said for key, said in self._conflicts.items() if key in self._seen}


def collect(rows: Iterable[LabelledRow]) -> Collected:
    """Collects the facts of rows.

    Args:
        rows: Of all splits, in any order.
    """
    collected = Collected()
    for row in rows:
        collected.add(row)
    return collected


def plain_text(text: str) -> str:
    """A text without differences that nobody sees: in width (NFKC) and in white space.

    Example:
        >>> plain_text("ﾃｽﾄ　　１２ ")
        'テスト 12'
    """
    return " ".join((text if text.isascii() else unicodedata.normalize("NFKC", text)).split())


def folded(label: str) -> str:
    """A label without case, width, white space and invisible characters: equal ones are probably meant to be one.

    Example:
        >>> folded("ﾆｭｰｽ　Sports") == folded("ニュースsports")
        True
    """
    visible = "".join(character for character in label if unicodedata.category(character) != "Cf")
    joined = "".join(unicodedata.normalize("NFKC", visible).casefold().split())
    return unicodedata.normalize("NFKC", joined)


def short(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"


def _names(labels: tuple[str, ...]) -> str:
    return ", ".join(repr(short(label)) for label in labels) or "no label"
