"""TokenStatistics' Do: transformed Examples in, counts of their tokens out."""

from typing import Any

import apache_beam as beam
import tensorflow as tf
from apache_beam.pvalue import AsDict
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from components.examples import read_records, split_files
from components.text_transform.graph import TextGraph
from components.text_transform.label_vocabulary import label_vocabulary
from components.token_statistics.counts import TokenCounts, add, count_rows, summarize
from components.token_statistics.statistics import write_statistics

_BATCH = 2048
_FEATURES = {
    "input_ids": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int64),
    "token_count": tf.io.FixedLenFeature([], tf.int64),
    "id": tf.io.FixedLenFeature([], tf.string),
    "text": tf.io.FixedLenFeature([], tf.string),
    "label_id": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int64),
}


class Executor(base_beam_executor.BaseBeamExecutor):
    """Counts the tokens of every split, files in parallel."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: ``examples``: transformed; ``tokenizer``: the one that they were tokenized with; of labelled
                examples ``transform_graph``, which numbered their labels.
            output_dict: ``statistics``: see `components.token_statistics.statistics`.
            exec_properties: Nothing that is used.
        """
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        splits = artifact_utils.decode_split_names(examples.split_names)
        folders = {split: artifact_utils.get_split_uri([examples], split) for split in splits}
        files = [(split, file) for split, folder in folders.items() for file in split_files(folder)]
        graph = TextGraph.load(artifact_utils.get_single_uri(input_dict["tokenizer"]))
        special = int(graph.tokenize(tf.constant([""])).row_lengths()[0])
        graphs = input_dict.get("transform_graph", [])
        labels = label_vocabulary(graphs[0].uri) if graphs else []
        with self._make_beam_pipeline() as pipeline:
            statistics = (
                pipeline
                | "Files" >> beam.Create(files)
                | beam.Reshuffle()
                | "Count" >> beam.Map(_count_file, graph.vocab_size, graph.unk_id, special)
                | beam.CombinePerKey(add, graph.vocab_size)
                | "Summarize" >> beam.Map(_summarize, graph.special_ids, labels)
            )
            once = pipeline | "Once" >> beam.Create([artifact_utils.get_single_uri(output_dict["statistics"])])
            _ = once | "Write" >> beam.Map(write_statistics, AsDict(statistics))


def _count_file(split_and_file: tuple[str, str], vocab_size: int, unk_id: int, special: int) -> tuple[str, TokenCounts]:
    split, file = split_and_file
    counts = add([], vocab_size)
    for serialized in read_records([file]).batch(_BATCH):
        rows = tf.io.parse_example(serialized, _FEATURES)
        ids: tf.RaggedTensor = rows["input_ids"]
        part = count_rows(
            ids.flat_values.numpy(),
            ids.row_lengths().numpy(),
            rows["token_count"].numpy(),
            rows["id"].numpy(),
            rows["text"].numpy(),
            vocab_size,
            unk_id,
            special,
            rows["label_id"].flat_values.numpy(),
            rows["label_id"].row_lengths().numpy(),
        )
        counts = add([counts, part], vocab_size)
    return split, counts


def _summarize(
    split_and_counts: tuple[str, TokenCounts], special_ids: list[int], labels: list[str]
) -> tuple[str, dict[str, Any]]:
    split, counts = split_and_counts
    return split, summarize(counts, special_ids, labels)
