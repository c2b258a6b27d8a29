"""FeatureGen's Do: transformed Examples and a backbone in, features of the train split out."""

from typing import Any

import tensorflow as tf
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components import progress
from components.examples import count_records, split_files
from components.feature_gen import info, records
from components.feature_gen.config import FeatureGenConfig
from components.feature_gen.encoder import load_encoder
from components.feature_gen.extract import FeatureExtractor
from components.feature_gen.sequences import Features
from components.text_transform.graph import TextGraph

WINDOW = 16384  # examples held in memory at a time
TRAIN_SPLIT = "train"  # what the Trainer reads; models are judged on raw text
SEQUENCES_BYTES = 512 * 2**20  # token vectors held in memory at a time


class Executor(base_executor.BaseExecutor):
    """Runs the frozen encoder over the train split."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: ``examples`` (transformed, labelled) and ``backbone``; ``tokenizer`` to encode in chunks.
            output_dict: ``features``: gzip TFRecords of the train split, in the order of the examples, and
                ``features.json``.
            exec_properties: ``config``: a `FeatureGenConfig` as JSON; ``max_length`` and ``chunk_overlap`` to encode in
                chunks.
        """
        config = FeatureGenConfig.model_validate_json(exec_properties["config"])
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        output = artifact_utils.get_single_instance(output_dict["features"])
        files = split_files(artifact_utils.get_split_uri([examples], TRAIN_SPLIT))
        total = count_records(files)
        extractor = FeatureExtractor(load_encoder(artifact_utils.get_single_uri(input_dict["backbone"])), config)
        most_tokens = SEQUENCES_BYTES // (4 * extractor.width) if config.pooling == "tokens" else None
        tokenizer = input_dict.get("tokenizer")
        graph = TextGraph.load(artifact_utils.get_single_uri(tokenizer)) if tokenizer else None
        done = 0

        def advance(rows: int) -> None:
            nonlocal done
            done += rows
            progress.report(done, total, f"{done:,} of {total:,} texts")

        def features_of(texts: records.TokenizedTexts) -> Features:
            if graph is None:
                return extractor.extract(texts.input_ids, advance)
            chunks = graph.chunks(texts.input_ids, exec_properties["max_length"], exec_properties["chunk_overlap"])
            return extractor.extract_chunks(chunks, advance)

        folder = f"{output.uri}/{info.TRAIN_FOLDER}"
        tf.io.gfile.makedirs(folder)
        with tf.io.TFRecordWriter(f"{folder}/features-00000-of-00001.gz", records.UNCOMPRESSED) as writer:
            for texts in records.read_tokenized(files, WINDOW):
                for piece in texts.pieces(most_tokens):
                    records.write_features(writer, features_of(piece), piece)
        about = info.FeaturesInfo(
            pooling=config.pooling,
            width=extractor.width,
            hidden_layers=config.hidden_layers,
            dtype=config.dtype,
        )
        info.write(output.uri, about)
