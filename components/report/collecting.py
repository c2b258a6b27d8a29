"""Reads what the nodes of a run wrote."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import yaml
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import types
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.errors import DataError
from components.evaluator import results
from components.evaluator.remarks import HINTS, remarks
from components.example_gen.names import COUNTS_FILE, LAYOUTS_FILE
from components.files import is_there, read_text
from components.predictions import FOLDER
from components.report.mistakes import find_mistakes
from components.report.story import CLASSIFIER, MASKED_MODEL, DataSet, Judged, Served, Source, Story
from components.token_statistics.statistics import read_statistics
from components.window.names import WINDOW_FILE

Inputs = Mapping[str, list[types.Artifact]]

LIBRARIES = ("tfx", "tensorflow", "tensorflow-text", "transformers", "apache-beam")
# Prefix of the input keys -> heading.
DATA = {"corpus": "Corpus", "labelled": "Labelled texts"}
SERVED = {"classifier": CLASSIFIER, "fill_mask": MASKED_MODEL}
# What is read of every prefix, and of the whole.
DATA_KEYS = ("examples", "statistics", "verdict", "tokens", "token_verdict")
SERVED_KEYS = ("check", "pushed")


def collect(
    inputs: Inputs,
    name: str,
    run_id: str,
    config: str,
    origins: Mapping[str, list[str]],
    tf_serving: str,
    stopped: str,
) -> Story:
    """Reads everything that there is.

    Args:
        inputs: By key: ``PREFIX_KEY`` for the prefixes of `DATA` with `DATA_KEYS` and of `SERVED` with `SERVED_KEYS`;
            ``pretrainer_run``, ``mlm_evaluation``, ``trainer_run``, ``evaluation``, ``baseline``. All may be missing.
        name: The pipeline's.
        run_id: The run's, if it is known.
        config: The whole configuration, as YAML.
        origins: By prefix of `DATA`, its sources in words.
        tf_serving: The version of TF Serving that the models are for.
        stopped: Why the run ended early; empty if it did not.
    """
    evaluation, mlm = _uri(inputs, "evaluation"), _uri(inputs, "mlm_evaluation")
    return Story(
        name=name,
        run_id=run_id,
        versions={library: metadata.version(library) for library in ("tfx-bert", *LIBRARIES)},
        config=config,
        tf_serving=tf_serving,
        stopped=stopped,
        data=[
            _data(inputs, prefix, title, origins.get(prefix, []))
            for prefix, title in DATA.items()
            if inputs.get(f"{prefix}_examples")
        ],
        pretraining=_json(inputs, "pretrainer_run", "metrics.json"),
        mlm_metrics=_json(inputs, "mlm_evaluation", "metrics.json"),
        mlm_verdict=results.read_verdict(mlm) if mlm else None,
        training=_json(inputs, "trainer_run", "metrics.json"),
        judged=_judged(evaluation, _unset(config)) if evaluation else None,
        served=[_served(inputs, prefix, title) for prefix, title in SERVED.items() if inputs.get(f"{prefix}_check")],
        sources=sorted(
            (
                Source(node_of(artifact.uri), artifact.type_name, artifact.uri, artifact.id)
                for artifacts in inputs.values()
                for artifact in artifacts
            ),
            key=lambda source: source.id,
        ),
    )


def node_of(uri: str) -> str:
    """The node that wrote an artifact, by where it is.

    Example:
        >>> node_of("runs/artifacts/demo/Trainer/model/12")
        'Trainer'
        >>> node_of("gs://bucket/artifacts/demo/123456/demo-20261127/Trainer_-7345/model")  # Vertex AI
        'Trainer'
        >>> node_of("gs://bucket/demo/1f2e/Trainer/0b9f5a3e-2f6d-4b6e-9a53-0c4c5b6f7a81/model")  # Kubeflow Pipelines
        'Trainer'
    """
    parts = uri.rstrip("/").split("/")
    if parts[-1].isdigit() or re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", parts[-2]):
        return parts[-3]
    return re.sub(r"_-?\d+$", "", parts[-2])


def _unset(config: str) -> list[str]:
    """The keys of `HINTS` that are null in a configuration in YAML."""
    settings = yaml.safe_load(config) or {}
    return [key for key in HINTS if (settings.get(key.split(".")[0]) or {}).get(key.split(".")[1]) is None]


def _judged(uri: str, unset: list[str]) -> Judged:
    metrics = results.read_metrics(uri)
    comparisons = results.read_comparisons(uri)
    baseline, blessed = comparisons.get("baseline"), comparisons.get("blessed")
    return Judged(
        metrics=metrics,
        slices=results.read_slices(uri),
        comparisons=comparisons,
        verdict=results.read_verdict(uri),
        mistakes=find_mistakes(f"{uri}/{FOLDER}"),
        remarks=remarks(
            metrics,
            baseline.metric if baseline else "",
            baseline.other if baseline else None,
            blessed.changes if blessed else None,
            unset,
        ),
    )


def _data(inputs: Inputs, prefix: str, title: str, origins: list[str]) -> DataSet:
    tokens = _uri(inputs, f"{prefix}_tokens")
    verdicts = [_json(inputs, f"{prefix}_{key}", "verdict.json") for key in ("verdict", "token_verdict")]
    return DataSet(
        title=title,
        origins=origins,
        spans=_spans(inputs, prefix),
        counts=_json(inputs, f"{prefix}_examples", COUNTS_FILE),
        labels=_labels(inputs.get(f"{prefix}_statistics", [])),
        tokens=read_statistics(tokens) if tokens else {},
        findings=[finding for verdict in verdicts for finding in verdict.get("findings", [])],
        passed=any(verdicts),
        layouts=_layouts(json.loads(read_text(f"{_uri(inputs, f'{prefix}_examples')}/{LAYOUTS_FILE}") or "{}")),
    )


def _layouts(layouts: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What ExampleGen found out about text files, the same for how many of them."""
    kinds = Counter(
        f"{one['encoding']}, lines that end with {one['line_ends']}"
        + (f", fields divided by {one['delimiter']!r}" if "delimiter" in one else "")
        for one in layouts.values()
    )
    return [f"{count:,} {'file' if count == 1 else 'files'} in {kind}" for kind, count in kinds.most_common()]


def _spans(inputs: Inputs, prefix: str) -> list[int]:
    examples = artifact_utils.get_single_instance(inputs[f"{prefix}_examples"])
    if window := read_text(f"{examples.uri}/{WINDOW_FILE}"):
        joined: list[int] = json.loads(window)["spans"]
        return joined
    return [examples.span] if examples.span else []


def _labels(statistics: list[types.Artifact]) -> dict[str, dict[str, int]]:
    """Rows by label and split, the most frequent first, as far as StatisticsGen counts them (a thousand)."""
    labels: dict[str, dict[str, int]] = {}
    for artifact in statistics:
        for split in artifact_utils.decode_split_names(artifact.split_names):
            with fileio.open(f"{artifact_utils.get_split_uri([artifact], split)}/FeatureStats.pb", "rb") as file:
                read = statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read())
            for feature in (feature for dataset in read.datasets for feature in dataset.features):
                if (feature.name or ".".join(feature.path.step)) == "label":
                    for bucket in feature.string_stats.rank_histogram.buckets:
                        labels.setdefault(bucket.label, {})[split] = round(bucket.sample_count)
    return dict(sorted(labels.items(), key=lambda item: -sum(item[1].values())))


def _served(inputs: Inputs, prefix: str, title: str) -> Served:
    check = _json(inputs, f"{prefix}_check", "servable_check.json")
    pushed = inputs.get(f"{prefix}_pushed", [])
    if not pushed:
        return Served(title, check, "", "")
    artifact = artifact_utils.get_single_instance(pushed)
    destination = artifact.get_string_custom_property("pushed_destination")
    return Served(title, check, destination, artifact.get_string_custom_property("reason"))


def _uri(inputs: Inputs, key: str) -> str:
    return artifact_utils.get_single_uri(inputs[key]) if inputs.get(key) else ""


def _json(inputs: Inputs, key: str, name: str) -> dict[str, Any]:
    uri = _uri(inputs, key)
    if not uri:
        return {}
    if not is_there(f"{uri}/{name}"):
        raise DataError(f"{uri}/{name} is not there: the node that writes it did not finish; run the pipeline again")
    with fileio.open(f"{uri}/{name}", "rb") as file:
        return json.loads(file.read())
