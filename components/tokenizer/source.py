"""What a tokenizer is made from besides its corpus, hashed so that a change of it is noticed."""

import hashlib
from pathlib import Path

from components.files import is_remote
from components.text_transform.config import TextConfig
from components.text_transform.stop_words import resolve_stop_words

_TOKENIZER_FILES = ("*.json", "*.txt", "*.model", "*.npz")


def source_fingerprint(source: str | None, text: TextConfig) -> str:
    """Hashes the files that the configuration names by path.

    Args:
        source: A file, a directory, or a Hub name; None: nothing is imported.
        text: Its lists of stop words.

    Returns:
        A hexadecimal SHA-256. Of names on the Hub and of URIs it is the name's: nobody asks the network for it.

    Raises:
        ConfigError: If a list of stop words cannot be read.
    """
    digest = hashlib.sha256((source or "").encode())
    path = Path(source or "")
    if source and path.is_file():
        digest.update(path.read_bytes())
    elif source and path.is_dir():
        for file in sorted({file for pattern in _TOKENIZER_FILES for file in path.glob(pattern)}):
            content = file.read_bytes() if file.is_file() else b""
            digest.update(file.name.encode() + b"\0" + content + b"\0")
    remote = [name for name in [*text.stop_words, text.nltk_english or ""] if is_remote(name)]
    local = [name for name in text.stop_words if name not in remote]
    words = resolve_stop_words(local, None if text.nltk_english in remote else text.nltk_english)
    digest.update("\n".join([*words, *remote]).encode())
    return digest.hexdigest()
