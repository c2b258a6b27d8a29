"""Which class ``AutoTokenizer`` would make of a directory, and whether it may: some classes read pickles."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

from components.errors import DataError
from components.tokenizer.support import unsupported

ALLOWED = (
    *("AlbertTokenizer", "BartphoTokenizer", "BertJapaneseTokenizer", "BertTokenizer", "BigBirdTokenizer"),
    *("CamembertTokenizer", "DebertaV2Tokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MPNetTokenizer"),
    *("MT5Tokenizer", "PreTrainedTokenizer", "RobertaTokenizer", "SpeechT5Tokenizer", "T5Tokenizer"),
    *("XLMRobertaTokenizer", "XLNetTokenizer"),
)
"""Classes that may be made of foreign files (and their fast versions), be it to say what cannot be done with them."""
OF_VERSION_5 = {"TokenizersBackend": "PreTrainedTokenizerFast", "PythonBackend": "PreTrainedTokenizer"}
"""The names that transformers 5 has for classes of version 4."""


def check(directory: Path, tokenizer_config: Mapping[str, Any], config: Mapping[str, Any] | None) -> None:
    """Refuses a directory of which ``AutoTokenizer`` would make a class that is not allowed.

    Args:
        directory: The directory.
        tokenizer_config: The content of its ``tokenizer_config.json``; empty if there is none.
        config: The content of its ``config.json``; None if there is none.

    Raises:
        ConfigError: If the class is not allowed.
        DataError: If nothing says what the class is. transformers would guess it from the path.
    """
    stated = tokenizer_config.get("tokenizer_class")
    if stated is None and config is not None:
        stated = config.get("tokenizer_class")
    if stated is not None:
        names = [OF_VERSION_5.get(stated, stated) if isinstance(stated, str) else f"tokenizer_class {stated}"]
    elif config is None or "model_type" not in config:
        raise DataError(
            f"{directory} has no tokenizer that can be loaded (tokenizer_config.json has no tokenizer_class, and "
            "config.json neither that nor a model_type): put the files that came with the model there, such as "
            "tokenizer.json, vocab.txt or spm.model"
        )
    else:
        model_type = str(config["model_type"])
        names = [name for name in TOKENIZER_MAPPING_NAMES.get(model_type, ()) if name] or [f"model_type {model_type}"]
    for name in names:
        if name.removesuffix("Fast") not in ALLOWED:
            raise unsupported(name[:80])
