"""Reads text files on Beam and writes them as splits of ``tf.Example`` records."""

import hashlib
import json
import logging
import operator
from collections.abc import Mapping
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsList, AsSingleton
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from components import files
from components.example_gen import inputs, reading, summary
from components.example_gen.config import ExampleGenConfig
from components.example_gen.limits import MAX_LISTED
from components.example_gen.names import SOURCES_FILE
from components.example_gen.spans import take_span
from components.example_gen.transforms.duplicates import DropDuplicates
from components.example_gen.transforms.limit import Limit
from components.example_gen.transforms.read import Read, split_of
from components.example_gen.transforms.split import Divide
from components.example_gen.transforms.stratify import Stratify
from components.example_gen.transforms.write import Write

logger = logging.getLogger(__name__)

SHARD_BYTES = 64 << 20
UNPACKED = 4  # text unpacks to about so many times the size of a packed file


class Executor(base_beam_executor.BaseBeamExecutor):
    """Executor of ExampleGen."""

    def Do(
        self, input_dict: dict[str, list[Any]], output_dict: dict[str, list[Any]], exec_properties: dict[str, Any]
    ) -> None:
        """Reads the sources and writes the splits, ``counts.json`` and ``rejected.jsonl``.

        Args:
            input_dict: Empty.
            output_dict: ``examples``: one Examples artifact.
            exec_properties: ``config``: an `ExampleGenConfig` as JSON; ``files``: the fingerprint of its files;
                ``branch``: the section of the configuration that errors name.

        Raises:
            DataError: If files or columns are missing, a file breaks off, or a split would be empty.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        config = _with_span(ExampleGenConfig.model_validate_json(exec_properties["config"]))
        plan = inputs.plan(config, inputs.find_inputs(config))
        reading.check(config, plan.pieces)
        examples = artifact_utils.get_single_instance(output_dict["examples"])
        examples.split_names = artifact_utils.encode_split_names(config.split_names)
        examples.span = config.span or 0
        files.write_text(f"{examples.uri}/{SOURCES_FILE}", fingerprint_sources(config))
        folders = {split: artifact_utils.get_split_uri([examples], split) for split in config.split_names}
        with self._make_beam_pipeline() as pipeline:
            ingest(pipeline, config, plan, examples.uri, folders)
        logger.info("Rows by split: %s", summary.check_summary(examples.uri, config, exec_properties.get("branch", "")))
        # What tfx.components.util.examples_utils sets; importing that takes all of tfx.components, and seconds.
        examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
        examples.set_string_custom_property("file_format", "tfrecords_gzip")


def _with_span(config: ExampleGenConfig) -> ExampleGenConfig:
    """With the span that its paths leave open, if nobody could look for it before the node ran."""
    span, files = take_span("span", [source.files for source in config.sources], config.span)
    if span is None:
        return config
    sources = [source.model_copy(update={"files": one}) for source, one in zip(config.sources, files, strict=True)]
    return config.model_copy(update={"sources": sources, "span": span})


def fingerprint_sources(config: ExampleGenConfig) -> str:
    """SHA-256 of all that decides what becomes of a row: the same for each span of the same configuration.

    Args:
        config: The sources.
    """
    sources = [source.model_dump(exclude={"files"}) | {"splits": source.split_names} for source in config.sources]
    return hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()


def ingest(
    pipeline: beam.Pipeline, config: ExampleGenConfig, plan: inputs.Plan, directory: str, folders: Mapping[str, str]
) -> None:
    """Adds all steps to a Beam pipeline.

    Args:
        pipeline: The pipeline.
        config: The sources.
        plan: The pieces of their files.
        directory: Where the summary goes.
        folders: Where the records of each split go.
    """
    refused = [(split_of(config.sources[source], split, row), row) for source, split, row in plan.refused]
    read = pipeline | "Pieces" >> beam.Create(plan.pieces) | "Read" >> Read(config)
    batches = read["batches"]
    rejected = [read["rejected"], pipeline | "Refused" >> beam.Create(refused)]
    left_out = []
    if DropDuplicates.is_needed(config):
        unique = batches | "DropDuplicates" >> DropDuplicates(config)
        batches = unique.batches
        rejected.append(unique.rejected)
    if Stratify.is_needed(config):
        batches = batches | "Stratify" >> Stratify(config)
    batches = batches | "Divide" >> Divide(config)
    if Limit.is_needed(config):
        limited = batches | "Limit" >> Limit(config)
        batches = limited.batches
        left_out.append(limited.left_out)
    written = batches | "Write" >> Write(folders, count_shards(plan))
    rejections = tuple(rejected) | "Rejected" >> beam.Flatten(pipeline=pipeline)
    listed = rejections | "List" >> beam.combiners.Top.Smallest(MAX_LISTED, key=operator.itemgetter(1))
    once = pipeline | "Once" >> beam.Create([directory])
    _ = once | "Summarize" >> beam.Map(
        summary.write_summary,
        list(folders),
        AsList(written),
        AsList(tuple(left_out) | "LeftOut" >> beam.Flatten(pipeline=pipeline)),
        AsList(rejections | "Splits" >> beam.Keys() | "Count" >> beam.combiners.Count.PerElement()),
        AsSingleton(listed),
        AsList(read["errors"]),
        AsList(read["layouts"]),
    )


def count_shards(plan: inputs.Plan) -> int:
    """Files to write a split, so that the largest has about 64 MiB of records before packing."""
    packed = (".gz", ".tgz", ".parquet")
    size = sum(piece.size * (UNPACKED if piece.path.endswith(packed) else 1) for piece in plan.pieces)
    return 1 + size // SHARD_BYTES
