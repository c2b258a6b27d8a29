"""Do of the Tokenizer node."""

import json
from typing import Any

import tensorflow as tf
from tfx.dsl.components.base import base_beam_executor
from tfx.types import Artifact, artifact_utils

from components import progress
from components.errors import ConfigError
from components.examples import split_files
from components.local_copies import local_copy, local_output
from components.text_transform.config import TextConfig
from components.text_transform.spec import read_spec
from components.tokenizer import sampling
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from components.tokenizer.training import train_tokenizer

_SPLIT = "train"


class Executor(base_beam_executor.BaseBeamExecutor):
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
        uri = artifact_utils.get_single_uri(output_dict["tokenizer"])
        with local_output(uri) as directory:
            if config.kind == "import":
                source = config.source or artifact_utils.get_single_uri(input_dict["backbone"])
                import_tokenizer(local_copy(source), directory, config, text)
                if config.source and input_dict.get("backbone"):
                    check_fits(directory, artifact_utils.get_single_uri(input_dict["backbone"]))
            else:
                self._train(input_dict["examples"], f"{uri}/drawn", directory, config, text)
                pieces = len(read_spec(directory)[0].pieces)
                progress.report(pieces, config.vocab_size, f"{pieces:,} of {config.vocab_size:,} pieces")

    def _train(
        self, examples: list[Artifact], drawn: str, directory: str, config: TokenizerConfig, text: TextConfig
    ) -> None:
        """Trains on all texts, or on some, which are drawn into a folder where workers on other machines can write."""
        files = split_files(artifact_utils.get_split_uri(examples, _SPLIT))
        share = sampling.share_to_draw(files, config.sample_mb)
        if share == 1:
            train_tokenizer(sampling.Texts(files), directory, config, text)
            return
        with self._make_beam_pipeline() as pipeline:
            parts = sampling.draw(pipeline, files, share, drawn)
        train_tokenizer(sampling.Texts(parts), directory, config, text)
        tf.io.gfile.rmtree(drawn)


def check_fits(directory: str, backbone: str) -> None:
    """Refuses a tokenizer whose ids an encoder has no embeddings for.

    Args:
        directory: The tokenizer.
        backbone: The encoder, in Hugging Face's format.

    Raises:
        ConfigError: If the tokenizer has more ids than the encoder's table.
    """
    with tf.io.gfile.GFile(f"{backbone}/config.json") as file:
        rows = json.loads(file.read())["vocab_size"]
    pieces = len(read_spec(directory)[0].pieces)
    if pieces > rows:
        raise ConfigError(
            "tokenizer.source",
            f"the tokenizer has {pieces:,} ids, but the backbone has embeddings for {rows:,} only: they do not belong "
            "together; leave tokenizer.source out to use the backbone's own",
        )
