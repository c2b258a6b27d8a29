"""The verbs `predict`, `fill-mask` and `tokenize`: from texts to what is printed."""

import collections
import dataclasses
import itertools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from components.errors import ConfigError, DataError, TfxBertError
from components.example_gen.encodings import AUTO
from pipeline.serving import local_model, local_tokenizer
from pipeline.serving.answers import Prediction
from pipeline.serving.asking import Ask
from pipeline.serving.bulk import ERROR_LINE, write_lines
from pipeline.serving.client import Failure
from pipeline.serving.inputs import STDIN, Unreadable, read_texts
from pipeline.serving.model_dir import find_model
from pipeline.serving.progress import Progress
from pipeline.serving.target import ServingError

AnswerT = TypeVar("AnswerT")
_MOST_WAITING = 10_000  # rows that wait for the answers before them


def print_predictions(
    opened: AbstractContextManager[tuple[Ask, str]],
    texts: Sequence[str],
    source: str | None,
    output: Path | None,
    encoding: str = AUTO,
) -> int:
    """Writes a JSON line for each text: ``label``, ``score``, ``probabilities``; ``labels`` if there may be several.

    Args:
        opened: What `pipeline.serving.asking` opens.
        texts: Texts given on the command line.
        source: A file, ``-`` for stdin, or None.
        output: Where the lines go, see `pipeline.serving.bulk`; None: they are printed.
        encoding: That of the file; ``auto``: found out.

    Returns:
        0 if every row was answered, 3 if some were not; those have a line with ``error``.

    Raises:
        ConfigError: If there is nothing to classify, or no such model or file.
        TfxBertError: If a server cannot be reached.
    """
    with opened as (ask, model):
        if output is None:
            return _print_rows(ask, texts, source, encoding)
        if source not in (None, STDIN) and output.exists() and output.samefile(str(source)):
            raise ConfigError("--output", f"{output} is what --input names")
        rows = _rows(texts, source, encoding)  # says what is wrong with the file, before it is looked at more closely
        task = _task(texts, source, model, encoding)
        progress = Progress()
        try:
            count, errors = write_lines(output, task, rows, lambda left: progress.counted(_lines(ask, left)))
        except ServingError as error:
            again = "; what was answered is kept, the same command goes on from there" if task else ""
            raise TfxBertError(f"the server does not answer: {error}{again}") from None
        print(f"tfx-bert: {count:,} lines in {output}", file=sys.stderr)
        return _tell_errors(errors, count)


def _task(texts: Sequence[str], source: str | None, model: str, encoding: str) -> dict[str, object] | None:
    """What identifies a bulk prediction; None for stdin, which nobody can read again."""
    if source is None or source == STDIN:
        return None
    file = Path(source).resolve()
    status = file.stat()
    return {"model": model, "texts": [*texts], "input": [str(file), status.st_size, status.st_mtime_ns, encoding]}


def print_tokens(
    model: Path | None, tokenizer: Path | None, texts: Sequence[str], source: str | None, encoding: str = AUTO
) -> int:
    """Prints a JSON line for each text: ``cleaned``, ``pieces``, ``ids``.

    Args:
        model: As for `local_model.tokenize`; or
        tokenizer: as for `local_tokenizer.tokenize`. One of the two.
        texts: Texts given on the command line.
        source: A file, ``-`` for stdin, or None.
        encoding: That of the file; ``auto``: found out.

    Returns:
        0 if every row was answered, 3 if some could not be read; those have a line with ``error``.

    Raises:
        ConfigError: If not one of the two is given, there is nothing to tokenize, or no such model or file.
        DataError: If the tokenizer directory has no text graph.
    """
    if model is not None and tokenizer is None:
        found = find_model(model)
        return _print_rows(lambda rows: local_model.tokenize(found, rows), texts, source, encoding)
    if tokenizer is not None and model is None:
        if not tokenizer.is_dir():
            raise ConfigError("--tokenizer", f"{tokenizer} is not a directory")
        return _print_rows(lambda rows: local_tokenizer.tokenize(tokenizer, rows), texts, source, encoding)
    raise ConfigError("", "give either --tokenizer DIR or --model DIR")


def print_fillings(model: Path, text: str) -> None:
    """Prints the likeliest tokens for the first ``[MASK]`` of a text with their scores, best first.

    Args:
        model: As for `local_model.fill_mask`.
        text: Raw text that contains ``[MASK]``; of several the first is filled, and a line on stderr says so.

    Raises:
        DataError: If the text is not valid UTF-8, or holds no ``[MASK]`` that the model reads.
    """
    (row,) = read_texts([text], None)
    if isinstance(row, Unreadable):
        raise DataError(row.error)
    for token, score in local_model.fill_mask(model, row):
        print(f"{score:.4f}  {token}")
    if (masks := row.count(local_model.MASK)) > 1:
        print(f"tfx-bert: the text holds {masks} {local_model.MASK}; the first was filled", file=sys.stderr)


def _print_rows(
    answer: Callable[[Iterator[str]], Iterable[Prediction | Failure | local_model.Tokenized]],
    texts: Sequence[str],
    source: str | None,
    encoding: str,
) -> int:
    count = errors = 0
    for count, line in enumerate(_lines(answer, _rows(texts, source, encoding)), start=1):  # noqa: B007
        errors += line.startswith(ERROR_LINE.decode())
        print(line)
    return _tell_errors(errors, count)


def _rows(texts: Sequence[str], source: str | None, encoding: str) -> Iterator[str | Unreadable]:
    if not texts and source is None:
        raise ConfigError("", "no texts: give some, or --input FILE (- for stdin)")
    rows = read_texts(texts, source, encoding=encoding)
    first = list(itertools.islice(rows, 1))  # a wrong file is said before a model is loaded
    return itertools.chain(first, rows)


def _lines(
    answer: Callable[[Iterator[str]], Iterable[Prediction | Failure | local_model.Tokenized]],
    rows: Iterator[str | Unreadable],
) -> Iterator[str]:
    """A JSON line for each row; none of them loads a model if there is no row."""
    first = next(rows, None)
    if first is None:
        return
    for result in answer_rows(answer, itertools.chain([first], rows)):
        shown = {name: value for name, value in dataclasses.asdict(result).items() if value is not None}
        yield json.dumps(shown, ensure_ascii=False)


def _tell_errors(errors: int, count: int) -> int:
    if errors:
        print(f"tfx-bert: {errors:,} of {count:,} rows have an `error` instead of an answer", file=sys.stderr)
    return DataError.exit_code if errors else 0


def answer_rows(
    answer: Callable[[Iterator[str]], Iterable[AnswerT]], rows: Iterable[str | Unreadable]
) -> Iterator[AnswerT | Unreadable]:
    """Answers the texts among rows; what could not be read keeps its place.

    Args:
        answer: Gives one answer for each text, in order; may take several texts before it gives the first.
        rows: Texts, and what could not be read.

    Yields:
        One item for each row, in order.
    """
    waiting: collections.deque[str | Unreadable] = collections.deque()
    source = iter(rows)

    def texts(first: str) -> Iterator[str]:
        for row in itertools.chain([first], source):
            waiting.append(row)
            if isinstance(row, str):
                yield row
            elif len(waiting) >= _MOST_WAITING:
                return

    for row in source:
        if isinstance(row, Unreadable):
            yield row
            continue
        for result in answer(texts(row)):
            while isinstance(before := waiting.popleft(), Unreadable):
                yield before
            yield result
        yield from (left for left in waiting if isinstance(left, Unreadable))
        waiting.clear()
