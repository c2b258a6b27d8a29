"""WikiText (Merity et al., 2016): a paragraph a line, blank lines, and headings such as `` = = History = = ``."""

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

from components.example_gen.readers.lines import decode, is_blank, raw_lines
from components.example_gen.rows import Piece, Rejection, Row

MARK = b"="


def heading_level(line: bytes) -> int:
    """Tells how many equals signs, set apart by spaces, stand on either side of a line.

    Args:
        line: A line of a WikiText file.

    Returns:
        1 for ``= X =``, the form of an article's title, 2 and more for that of its sections; 0 for any other line.

    Example:
        >>> heading_level(b" = = Early life = = ")
        2
    """
    if not line.lstrip().startswith(MARK):
        return 0
    words = line.split()
    level = next((place for place, word in enumerate(words) if word != MARK), len(words))
    end = next((place for place, word in enumerate(reversed(words)) if word != MARK), len(words))
    return level if level == end and level < len(words) else 0


def levels(lines: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """Gives every line back with its heading level, 0 if it is no heading.

    Headings stand between blank lines. In WikiText-2's train split this tells the titles of its 600 articles from 29
    lines out of tables and formulas that look the same.

    Args:
        lines: The lines of a file, or of a range of it that begins and ends where a blank line may be thought.
    """
    after_blank = True
    for line, following in pairwise(chain(lines, [b""])):
        yield line, heading_level(line) if after_blank and is_blank(following) else 0
        after_blank = is_blank(line)


def scan_wikitext(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bool, bool]]:
    """WikiText for `divide`: a range may begin at a blank line, and an article begins with its title."""
    return ((line, is_blank(line), level == 1) for line, level in levels(lines))


def read_wikitext(piece: Piece, drop_headings: bool = False, with_articles: bool = False) -> Iterator[Row | Rejection]:
    """Reads paragraphs and headings; ``<unk>`` stays in the text as it is, the spaces at both ends do not.

    Args:
        piece: A file or a range of its lines.
        drop_headings: Whether headings are left out.
        with_articles: Whether rows get a group, ``NAME#NUMBER`` of their article.
    """
    article = piece.article
    lines = (line for _, line in raw_lines(piece))
    for number, (raw, level) in enumerate(levels(lines), piece.row + 1):
        article += level == 1
        if is_blank(raw) or (level and drop_headings):
            continue
        text = decode(raw, piece, number)
        if isinstance(text, Rejection):
            yield text
            continue
        group = f"{piece.name}#{article}" if with_articles else None
        yield Row(f"{piece.name}:{number}", text.strip(), None, group, piece.path, number)
