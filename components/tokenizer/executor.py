"""Do of the Tokenizer node."""

from pathlib import Path
from typing import Any

import tensorflow as tf
from tfx.dsl.components.base import base_beam_executor
from tfx.types import Artifact, artifact_utils

from components import progress
from components.backbone import settings
from components.backbone.json_files import read_json
from components.errors import ConfigError
from components.examples import split_files
from components.local_copies import local_copy, local_output
from components.text_transform.config import TextConfig
from components.text_transform.spec import read_spec
from components.tokenizer import reference, sampling
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from components.tokenizer.support import KEY
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
    """Refuses a tokenizer that gives other ids than the encoder was trained with.

    Args:
        directory: The tokenizer.
        backbone: The encoder, in Hugging Face's format, with its own tokenizer.

    Raises:
        ConfigError: If texts may get ids that the encoder's table does not have, or if the pieces are those of the
            encoder's own tokenizer, but with other ids or other special tokens around a text.
        DataError: If the encoder's own tokenizer cannot be loaded.
    """
    spec = read_spec(directory)[0]
    path = Path(local_copy(backbone))
    rows = read_json(path / settings.CONFIG).get("vocab_size") or settings.load(path).vocab_size
    about = Path(directory) / "tokenizer_config.json"
    added = read_json(about).get("added_tokens_decoder", {}) if about.is_file() else {}
    unmet = {int(index) for index, token in added.items() if token["special"]}
    unmet -= {spec.pad_id, spec.unk_id, *spec.before, *spec.after}
    if set(range(rows, len(spec.pieces))) - unmet:
        raise ConfigError(
            KEY,
            f"the tokenizer has {len(spec.pieces):,} ids, but the backbone has embeddings for {rows:,} only: they do "
            "not belong together; leave tokenizer.source out to use the backbone's own",
        )
    own = reference.load(path, use_fast=(path / "tokenizer.json").is_file())
    ids = own.get_vocab()
    common = [(piece, index) for index, piece in enumerate(spec.pieces) if piece in ids]
    if 2 * len(common) <= len(spec.pieces):
        return  # another vocabulary altogether, as for an encoder whose embeddings are about to be trained anew
    moved = [(piece, index) for piece, index in common if ids[piece] != index]
    if 2 * len(moved) > len(common):
        piece, index = moved[len(moved) // 2]
        raise ConfigError(
            KEY,
            f"the pieces are those of the backbone, but with other ids ({piece!r} is {index}, and {ids[piece]} in the "
            "backbone's own tokenizer), so words would be read as others: leave tokenizer.source out, or give the "
            "whole tokenizer directory instead of a bare file",
        )
    around = own("")["input_ids"]
    if around != [*spec.before, *spec.after]:
        raise ConfigError(
            KEY,
            f"the pieces are those of the backbone, but {[*spec.before, *spec.after]} are put around a text and not "
            f"{around} as by the backbone's own tokenizer: leave tokenizer.source out, or give the whole tokenizer "
            "directory instead of a bare file",
        )
