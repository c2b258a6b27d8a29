"""What can be said of texts without keeping them: how long they are, how the vocabulary fits, in which script.

The Trainer leaves these facts of its training texts in the model, where TF Serving passes them over; a server keeps
them of what it is asked; `pipeline.drift` compares the two.
"""

import collections
import dataclasses
import functools
import json
import random
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

FACTS_FILE = "assets.extra/training_facts.json"
ROWS = 5000  # of a corpus, drawn evenly: what is more says the same

_KANA = {"HIRAGANA", "KATAKANA"}
NO_LETTERS = "none"


@dataclasses.dataclass(frozen=True)
class TextFacts:
    """Facts of n texts; every attribute has n items.

    Attributes:
        characters: Unicode characters.
        tokens: That the model reads, special ones included, after the cut at its ``max_length``.
        unknown_share: Of these, those that the vocabulary does not have.
        script: See `script_of`.
        label: What the text was given: by people in training, by the model when served; several joined by a comma.
    """

    characters: list[int]
    tokens: list[int]
    unknown_share: list[float]
    script: list[str]
    label: list[str]


def describe(texts: Sequence[bytes], tokens: Sequence[int], unknown: Sequence[int], labels: Sequence[str]) -> TextFacts:
    """Collects the facts of texts.

    Args:
        texts: n of them, UTF-8; what is not counts as U+FFFD.
        tokens: How many tokens the model reads of each.
        unknown: How many of them are unknown.
        labels: What each was given.
    """
    decoded = [text.decode("utf-8", "replace") for text in texts]
    shares = [int(one) / max(int(all_), 1) for one, all_ in zip(unknown, tokens, strict=True)]
    return TextFacts(
        [len(text) for text in decoded], [int(count) for count in tokens], shares, list(map(script_of, decoded)),
        list(labels),
    )  # fmt: skip


def joined(parts: Iterable[TextFacts]) -> TextFacts:
    """The facts of all parts, one after the other."""
    found = list(parts)
    names = [field.name for field in dataclasses.fields(TextFacts)]
    return TextFacts(**{name: [item for part in found for item in getattr(part, name)] for name in names})


def script_of(text: str) -> str:
    """The script that most letters of a text are of.

    Japanese is what has kana and, with its Han characters, more of them than of any other script; Han characters alone
    are "Han". Languages that share a script are not told apart.

    Args:
        text: Any.

    Returns:
        "Japanese", "Han", "Latin", "Cyrillic", ... after Unicode's names of characters; "none" without letters.

    Example:
        >>> script_of("京都のお寺"), script_of("café no. 1"), script_of("携帯電話"), script_of("?!")
        ('Japanese', 'Latin', 'Han', 'none')
    """
    counts: collections.Counter[str] = collections.Counter()
    for character, count in collections.Counter(unicodedata.normalize("NFKC", text)).items():
        if family := _family(character):
            counts[family] += count
    if kana := sum(counts.pop(name, 0) for name in _KANA):
        counts["JAPANESE"] = kana + counts.pop("CJK", 0)
    if not counts:
        return NO_LETTERS
    most = min(counts, key=lambda name: (-counts[name], name))
    return "Han" if most == "CJK" else most.capitalize()


@functools.lru_cache(maxsize=65536)
def _family(character: str) -> str:
    """The first word of a letter's name, which for scripts in use is the script; empty for what is no letter."""
    return unicodedata.name(character, "").partition(" ")[0] if character.isalpha() else ""


def sample_rows(count: int, most: int = ROWS) -> list[int]:
    """Draws row numbers evenly, always the same.

    Args:
        count: Rows that there are.
        most: Rows that are taken, at most.

    Returns:
        Row numbers, ascending.
    """
    return sorted(random.Random(0).sample(range(count), min(count, most)))


def to_json(facts: TextFacts) -> str:
    """The content of `FACTS_FILE`: an object of lists, shares with four digits."""
    content = dataclasses.asdict(facts)
    content["unknown_share"] = [round(share, 4) for share in facts.unknown_share]
    return json.dumps(content, ensure_ascii=False)


def read_facts(directory: Path) -> TextFacts | None:
    """The facts of the texts that a model was trained on.

    Args:
        directory: Of the SavedModel.

    Returns:
        None if the model has none, as one that an older release trained.
    """
    file = directory / FACTS_FILE
    return TextFacts(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None
