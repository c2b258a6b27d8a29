"""The Trainer's Do: features in, a SavedModel that takes raw text out."""

import json
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft
import tf_keras
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.examples import split_files
from components.feature_gen import info, records
from components.feature_gen.encoder import load_encoder
from components.text_transform.config import CutConfig
from components.text_transform.graph import TextGraph
from components.trainer.config import TrainerConfig
from components.trainer.ensemble import Ensemble
from components.trainer.export import TextClassifier, export
from components.trainer.folds import cross_validate, summarize, write_predictions
from components.trainer.strategy import get_strategy
from components.trainer.training import TrainResult, train_head

LABEL_VOCABULARY = "labels"
TRAIN_SPLIT = "train"


class Executor(base_executor.BaseExecutor):
    """Trains a head and exports it together with text graph and encoder."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: ``features``, ``backbone``, ``tokenizer`` and ``transform_graph``.
            output_dict: ``model``: the SavedModel; ``model_run``: ``metrics.json``, TensorBoard's logs, and
                ``out_of_fold.jsonl`` if there are folds.
            exec_properties: ``config``: a `TrainerConfig` as JSON; ``max_length``: most tokens of a text; ``cut``: what
                becomes of longer ones, a `CutConfig` as JSON.
        """
        config = TrainerConfig.model_validate_json(exec_properties["config"])
        features = artifact_utils.get_single_instance(input_dict["features"])
        model = artifact_utils.get_single_instance(output_dict["model"])
        model_run = artifact_utils.get_single_instance(output_dict["model_run"])
        about = info.read(features.uri)
        files = split_files(artifact_utils.get_split_uri([features], TRAIN_SPLIT))
        labels = label_vocabulary(artifact_utils.get_single_uri(input_dict["transform_graph"]))
        data = records.read_features(files, about)
        head = train(data if config.train_on_empty else data.take(data.token_counts > 0), labels, config, model_run.uri)
        classifier = TextClassifier(
            TextGraph.load(artifact_utils.get_single_uri(input_dict["tokenizer"])),
            load_encoder(artifact_utils.get_single_uri(input_dict["backbone"])),
            head,
            labels,
            about.pooling,
            exec_properties["max_length"],
            about.hidden_layers,
            CutConfig.model_validate_json(exec_properties.get("cut", "{}")),
        )
        export(classifier, labels, path_utils.serving_model_dir(model.uri))


def label_vocabulary(transform_uri: str) -> list[str]:
    """Reads the labels that the Transform numbered.

    Args:
        transform_uri: The TransformGraph artifact's folder.

    Returns:
        Label texts by class number.
    """
    vocabulary = tft.TFTransformOutput(transform_uri).vocabulary_by_name(LABEL_VOCABULARY)
    return [label.decode("utf-8") for label in vocabulary]


def train(data: records.FeatureSet, labels: list[str], config: TrainerConfig, uri: str) -> tf_keras.Model:
    """Trains what the configuration asks for: the folds, if any, and the head that is served.

    Args:
        data: The train split.
        labels: Label texts by class number.
        config: Head and training.
        uri: The ModelRun artifact's folder, where everything but the head goes.

    Returns:
        From features to logits.
    """
    strategy, log_dir = get_strategy(config.strategy), f"{uri}/tensorboard"
    metrics: dict[str, Any] = {}
    if config.folds:
        crossed = cross_validate(data, labels, config, strategy, log_dir)
        write_predictions(uri, crossed, data, labels)
        metrics = summarize(crossed)
    if config.folds and config.final == "ensemble":
        write_run(uri, metrics | {"train_examples": len(data)})
        return Ensemble(crossed.heads)
    result = train_head(data, labels, config, strategy, log_dir)
    write_run(uri, metrics | training_figures(result))
    return result.head


def training_figures(result: TrainResult) -> dict[str, Any]:
    """The figures of a training run.

    Args:
        result: What the training gave.
    """
    return {
        "best_epoch": result.best_epoch,
        "epochs": len(result.history["loss"]),
        "train_examples": result.train_examples,
        "validation": result.validation.model_dump() if result.validation else None,
        "history": result.history,
    }


def write_run(uri: str, metrics: dict[str, Any]) -> None:
    """Writes ``metrics.json`` of a training run.

    Args:
        uri: The ModelRun artifact's folder, local or remote.
        metrics: What is written.
    """
    tf.io.gfile.makedirs(uri)
    with tf.io.gfile.GFile(f"{uri}/metrics.json", "w") as file:
        file.write(json.dumps(metrics, ensure_ascii=False, indent=2))
