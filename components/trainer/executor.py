"""The Trainer's Do: features in, a SavedModel that takes raw text out."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
import tf_keras
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.errors import DataError
from components.examples import split_files
from components.feature_gen import info, records
from components.feature_gen.encoder import load_encoder
from components.text_transform.config import CutConfig
from components.text_transform.graph import TextGraph
from components.trainer.config import TrainerConfig
from components.trainer.ensemble import Ensemble
from components.trainer.export import TextClassifier, export
from components.trainer.finetuning.examples import tune_on_examples
from components.trainer.folds import cross_validate, summarize, write_predictions
from components.trainer.ngrams.fitting import Unseen, fit_joint, in_batches
from components.trainer.strategy import get_strategy
from components.trainer.training import TrainResult, train_head
from components.trainer.validation import validation_rows
from components.training.folder import checkpoint_folder, forget_checkpoints

LABEL_VOCABULARY = "labels"
TRAIN_SPLIT = "train"


@dataclass(frozen=True)
class Trained:
    """What was trained on frozen features.

    Attributes:
        head: From features to logits.
        metrics: The figures, for ``metrics.json``.
        unseen: What the head says of examples it was not trained on, if that is all of them; else None.
    """

    head: tf_keras.Model
    metrics: dict[str, Any]
    unseen: Unseen | None


class Executor(base_executor.BaseExecutor):
    """Trains a head, the encoder too if asked for, and exports them together with the text graph."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: ``features``, ``backbone``, ``tokenizer`` and ``transform_graph``; ``examples`` where
                ``config.unfreeze`` is set.
            output_dict: ``model``: the SavedModel; ``model_run``: ``metrics.json``, TensorBoard's logs, and
                ``out_of_fold.jsonl`` if there are folds.
            exec_properties: ``config``: a `TrainerConfig` as JSON; ``max_length``: most tokens of a text; ``cut``: what
                becomes of longer ones, a `CutConfig` as JSON; ``multi_label``: 1 if an example may have several labels.
        """
        config = TrainerConfig.model_validate_json(exec_properties["config"])
        features = artifact_utils.get_single_instance(input_dict["features"])
        model = artifact_utils.get_single_instance(output_dict["model"])
        model_run = artifact_utils.get_single_instance(output_dict["model_run"])
        about = info.read(features.uri)
        files = split_files(artifact_utils.get_split_uri([features], TRAIN_SPLIT))
        labels = label_vocabulary(artifact_utils.get_single_uri(input_dict["transform_graph"]))
        multi_label = bool(exec_properties.get("multi_label"))
        data = records.read_features(files, about, len(labels) if multi_label else None)
        data = data if config.train_on_empty else data.take(data.token_counts > 0)
        strategy = get_strategy(config.strategy)
        trained = train(data, labels, config, strategy, model_run.uri)
        head, metrics = trained.head, trained.metrics
        key = (exec_properties["config"], exec_properties["code"], features.uri, strategy.num_replicas_in_sync)
        with strategy.scope():
            encoder = load_encoder(artifact_utils.get_single_uri(input_dict["backbone"]))
        if config.unfreeze:
            tuned = tune_on_examples(
                split_files(artifact_utils.get_split_uri(input_dict["examples"], TRAIN_SPLIT)),
                encoder,
                head,
                about,
                labels,
                config,
                config.unfreeze,
                strategy,
                log_dir=f"{model_run.uri}/tensorboard/unfrozen",
                checkpoint_dir=checkpoint_folder(model_run.uri, *key),
                multi_label=multi_label,
            )
            metrics |= {"validation": tuned.best.model_dump(), "unfreeze": tuned.summary()}
        make = partial(
            TextClassifier,
            TextGraph.load(artifact_utils.get_single_uri(input_dict["tokenizer"])),
            encoder,
            head,
            labels,
            about.pooling,
            exec_properties["max_length"],
            about.hidden_layers,
            CutConfig.model_validate_json(exec_properties.get("cut", "{}")),
            threshold=config.threshold if multi_label else None,
        )
        classifier = make()
        if config.ngrams:
            unseen = trained.unseen or judge_validation_part(data, classifier, config)
            fitted = fit_joint(data, unseen, labels, classifier.text_graph, config.ngrams)
            metrics |= {"validation": fitted.both.model_dump(), "ngrams": fitted.summary()}
            classifier = make(joint=fitted.joint)
        write_run(model_run.uri, metrics)
        export(classifier, labels, path_utils.serving_model_dir(model.uri))
        forget_checkpoints(model_run.uri)


def label_vocabulary(transform_uri: str) -> list[str]:
    """Reads the labels that the Transform numbered.

    Args:
        transform_uri: The TransformGraph artifact's folder.

    Returns:
        Label texts by class number.
    """
    vocabulary = tft.TFTransformOutput(transform_uri).vocabulary_by_name(LABEL_VOCABULARY)
    return [label.decode("utf-8") for label in vocabulary]


def train(
    data: records.FeatureSet, labels: list[str], config: TrainerConfig, strategy: tf.distribute.Strategy, uri: str
) -> Trained:
    """Trains on frozen features what the configuration asks for: the folds, if any, and the head.

    Args:
        data: The train split.
        labels: Label texts by class number.
        config: Head and training.
        strategy: Where to train.
        uri: The ModelRun artifact's folder, where logs and the folds' predictions go.

    Returns:
        The head and the figures of its training.
    """
    log_dir = f"{uri}/tensorboard"
    metrics: dict[str, Any] = {}
    if config.folds:
        crossed = cross_validate(data, labels, config, strategy, log_dir)
        write_predictions(uri, crossed, data, labels)
        metrics = summarize(crossed)
    if config.folds and config.final == "ensemble":
        unseen = Unseen(crossed.folds, np.log(np.maximum(crossed.probabilities, np.finfo(np.float32).tiny)))
        return Trained(Ensemble(crossed.heads, data.multi_label), metrics | {"train_examples": len(data)}, unseen)
    result = train_head(data, labels, config, strategy, log_dir)
    return Trained(result.head, metrics | training_figures(result), None)


def judge_validation_part(data: records.FeatureSet, classifier: TextClassifier, config: TrainerConfig) -> Unseen:
    """Asks the network for the validation part, which neither the head nor the second stage was trained on.

    Args:
        data: The train split.
        classifier: The network.
        config: Of the training.

    Raises:
        DataError: If the validation part is empty.
    """
    groups = data.groups if config.group_folds else None
    held_out = validation_rows(data.ids, data.label_ids, config.validation_share, config.seed, groups)
    if not held_out.any():
        raise DataError(
            f"trainer.validation_share {config.validation_share} of {len(data)} examples leaves none to weigh the "
            "n-grams on: raise it, or set trainer.ngrams to null"
        )
    return Unseen(np.where(held_out, 0, -1), in_batches(classifier.network, data.texts[held_out]))


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
