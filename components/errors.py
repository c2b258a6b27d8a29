"""Errors that are meant for the person at the terminal: each says what is wrong, where, and what to do."""

from collections.abc import Iterator

LOST_WORKER = "another worker has ended"  # what the others say when one of several is gone


MOST_CHARACTERS = 100  # of a name or a value in a message


def shortened(text: str) -> str:
    """A text as a message shows it: its beginning, if it is long; one line."""
    text = " ".join(text.split())
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}... ({len(text):,} characters)"


class TfxBertError(Exception):
    """Base of all errors whose message alone is shown, without a traceback.

    Attributes:
        exit_code: The process exit code that this kind of error ends with.
    """

    exit_code = 1


class ConfigError(TfxBertError):
    """A configuration that cannot work; the command ends with exit code 2."""

    exit_code = 2

    def __init__(self, key: str, message: str) -> None:
        """Keeps the dotted key beside the message.

        Args:
            key: Dotted configuration key, for example ``pretrainer.epochs``; empty if none is to blame.
            message: What is wrong with its value, and the remedy.
        """
        super().__init__(f"{key}: {message}" if key else message)
        self.key = key
        self.reason = message

    def within(self, section: str) -> "ConfigError":
        """The same error, of a key inside a section of a larger configuration."""
        return ConfigError(f"{section}.{self.key}" if self.key else section, self.reason)


class DataError(TfxBertError):
    """Input data that cannot be read or must not be used; the command ends with exit code 3."""

    exit_code = 3


def first_line(error: BaseException) -> str:
    """What an error of others says, without what follows it; its class if it says nothing."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, then what it was raised because of, and so on to the first; Beam wraps its workers' errors."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def known_error(error: BaseException) -> TfxBertError | None:
    """The error that is meant for people: this one, or one that it was raised because of."""
    return next((one for one in causes(error) if isinstance(one, TfxBertError)), None)


class Terminated(SystemExit):
    """SIGTERM came. A ``SystemExit``, so that a process which runs one node alone ends with exit code 143 too."""

    def __init__(self, message: str = "") -> None:
        """Keeps the message beside the exit code.

        Args:
            message: What was saved before the end.
        """
        super().__init__(128 + 15)  # as shells count: 128 and the number of the signal
        self.message = message

    def __str__(self) -> str:
        return self.message
