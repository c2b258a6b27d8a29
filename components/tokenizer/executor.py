"""Do of the Tokenizer node."""

from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from tfx.dsl.components.base import base_executor
from tfx.types import Artifact, artifact_utils

from components.errors import DataError
from components.examples import read_records, split_files
from components.text_transform.config import TextConfig
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from components.tokenizer.training import train_tokenizer

_SPLIT = "train"


class Executor(base_executor.BaseExecutor):
    """Reads the corpus, trains or imports, writes the tokenizer directory."""

    def Do(
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: ``examples`` and ``backbone``, each optional.
            output_dict: ``tokenizer``.
            exec_properties: ``config`` and ``text``, as JSON.
        """
        config = TokenizerConfig.model_validate_json(exec_properties["config"])
        text = TextConfig.model_validate_json(exec_properties["text"])
        directory = artifact_utils.get_single_uri(output_dict["tokenizer"])
        if config.kind == "import":
            source = config.source or artifact_utils.get_single_uri(input_dict["backbone"])
            import_tokenizer(source, directory, config, text)
        else:
            train_tokenizer(read_texts(input_dict["examples"]), directory, config, text)


def read_texts(examples: list[Artifact]) -> Iterator[bytes]:
    """Reads the ``text`` of the train split, one after the other, in the order of the files.

    Args:
        examples: Examples artifacts.

    Yields:
        The raw texts.

    Raises:
        DataError: If a row has no text.
    """
    for artifact in examples:
        uri = artifact_utils.get_split_uri([artifact], _SPLIT)
        for index, record in enumerate(read_records(split_files(uri)).as_numpy_iterator()):
            values = tf.train.Example.FromString(record).features.feature["text"].bytes_list.value
            if len(values) != 1:
                raise DataError(f"{uri}: row {index} has {len(values)} values of the feature text, expected 1")
            yield values[0]
