"""Which encoding a text file is in: decided on the whole of it, by what it decodes as, or refused.

UTF-8 and the encodings with a byte order mark prove themselves. The others are tried in turn, and what they give has to
look like text of a language that is written so (`components.example_gen.plausible`): exactly one of them may.
"""

import codecs
from collections.abc import Callable
from typing import BinaryIO

from components.errors import DataError
from components.example_gen.layout import BOM, UTF8, limited_lines
from components.example_gen.opening import BUFFER
from components.example_gen.plausible import CHECKS, EvidenceOf, looks_like_utf16

AUTO = "auto"
MARKS = {
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    BOM: UTF8,
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
MOST_BAD = 0.1
"""A file is UTF-8 if, of its lines beyond ASCII, at most this share is not UTF-8 (or it is one line); those lines are
rejected."""
MOST_BAD_OF_ALL = 0.01
"""As much when no encoding explains the other lines: the share of all lines of a file that may be no text at all."""

_ALIASES = {"utf-8-sig": UTF8, "ascii": UTF8, "shift_jis": "cp932"}  # of the last, cp932 is what is in use
_NO_ENCODINGS = {"unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined", "utf-7"}
_SHIFTS = (b"\x1b$B", b"\x1b$@")  # how ISO-2022-JP changes to kanji
_SAMPLED = 20_000  # lines whose characters are looked at; all lines are decoded

Opener = Callable[[], BinaryIO]


def normalize(name: str) -> str:
    """Python's name of an encoding.

    Args:
        name: Any name that Python knows; ``auto`` stays.

    Raises:
        ValueError: If it is no encoding of text.
    """
    if name.lower() == AUTO:
        return AUTO
    try:
        found = codecs.lookup("cp932" if name.lower() == "windows-31j" else name)
    except (LookupError, ValueError):
        found = None
    if found is None or not found._is_text_encoding or found.name in _NO_ENCODINGS or not found.incrementaldecoder:
        raise ValueError(
            f"{name!r} is no encoding; use 'auto', 'utf-8', 'utf-16', 'cp932', 'euc_jp', 'cp1252', 'latin-1', "
            "or another one that Python knows"
        )
    return _ALIASES.get(found.name, found.name)


def decide(opener: Opener, path: str) -> str:
    """Decides on the encoding of a text file.

    Args:
        opener: Opens it, unpacked, at its beginning.
        path: Its name, for errors.

    Returns:
        Python's name of the encoding.

    Raises:
        DataError: If no encoding fits, or several do.
    """
    survey = _Survey(opener)
    if survey.by_mark:
        return survey.by_mark
    if survey.nuls:
        return _among_utf16(opener, path, survey)
    if survey.is_utf8:
        return _iso2022_jp(opener) if survey.shifts else UTF8
    return _by_lines(opener, path)


class _Survey:
    """What one quick pass over the bytes of a file tells."""

    def __init__(self, opener: Opener) -> None:
        self.by_mark = ""
        self.nuls = self.bytes = 0
        self.is_utf8 = True
        self.shifts = False
        decoder = codecs.getincrementaldecoder(UTF8)()
        with opener() as stream:
            while block := stream.read(BUFFER):
                if not self.bytes:
                    self.by_mark = next((name for mark, name in MARKS.items() if block.startswith(mark)), "")
                    if self.by_mark:
                        return
                self.bytes += len(block)
                self.nuls += block.count(0)
                self.shifts = self.shifts or any(shift in block for shift in _SHIFTS)
                if self.is_utf8:
                    try:
                        decoder.decode(block)
                    except UnicodeDecodeError:
                        self.is_utf8 = False
            try:
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                self.is_utf8 = False


def _among_utf16(opener: Opener, path: str, survey: _Survey) -> str:
    """UTF-16 without a mark; or UTF-8 in which a few lines have NULs."""
    found = [name for name in ("utf-16-le", "utf-16-be") if looks_like_utf16(opener, name)]
    if len(found) == 1:
        return found[0]
    with opener() as stream:
        lines = bad = 0
        for line, _ in limited_lines(stream, path):
            lines += 1
            bad += b"\0" in line
    if 2 * bad >= lines or bad > max(1, lines * MOST_BAD_OF_ALL):
        raise DataError(
            f"{path}: {bad:,} of its {lines:,} lines have NUL bytes, which no text has; if it is text, name its "
            "encoding, such as utf-16-le: `encoding` in the configuration, or --encoding"
        )
    return UTF8 if survey.is_utf8 else _by_lines(opener, path)


def _iso2022_jp(opener: Opener) -> str:
    """ISO-2022-JP, the seven-bit encoding of Japanese mail, if all of a file can be decoded by it; else UTF-8."""
    name = "iso2022_jp"
    decoder = codecs.getincrementaldecoder(name)()
    try:
        with opener() as stream:
            while block := stream.read(BUFFER):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return UTF8
    return name


def _by_lines(opener: Opener, path: str) -> str:
    """Chooses by how many lines each encoding explains."""
    lines = good = bad = first = 0
    candidates: dict[str, EvidenceOf] = {name: kind() for name, kind in CHECKS.items()}
    with opener() as stream:
        for line, _ in limited_lines(stream, path):
            lines += 1
            if line.isascii():
                continue
            try:
                line.decode(UTF8)
                good += 1
            except UnicodeDecodeError:
                bad += 1
                first = first or lines
            for name, evidence in candidates.items():
                evidence.add(line, name, look=good + bad <= _SAMPLED or lines % 50 == 0)
    if good and bad <= max(1, (good + bad) * MOST_BAD):
        return UTF8
    fitting = [name for name, evidence in candidates.items() if evidence.fits()]
    if len(fitting) == 1 and not good:
        return fitting[0]
    if 4 * bad <= lines and bad <= max(1, lines * MOST_BAD_OF_ALL) and not fitting:
        return UTF8
    if good:
        why = f"{good:,} lines are UTF-8 and {bad:,} are not (line {first:,} is the first)"
    elif fitting:
        why = f"it may be {' or '.join(fitting)}"
    else:
        why = f"line {first:,} is not UTF-8, and no other encoding gives text of a language that is known here"
    raise DataError(
        f"{path}: its encoding is not certain: {why}; name it: `encoding` in the configuration, or --encoding"
    )
