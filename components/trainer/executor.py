"""The Trainer's Do: features in, a SavedModel that takes raw text out."""

import json
from functools import partial
from typing import Any

import tensorflow as tf
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.examples import split_files
from components.feature_gen import info, records
from components.feature_gen.encoder import load_encoder
from components.local_copies import local_output
from components.pusher.push import newest_standing
from components.text_transform.config import CutConfig
from components.text_transform.graph import TextGraph
from components.text_transform.label_vocabulary import label_vocabulary
from components.trainer.config import TrainerConfig
from components.trainer.export import TextClassifier, export
from components.trainer.facts import write_training_facts
from components.trainer.finetuning.examples import tune_on_examples
from components.trainer.frozen import train_frozen
from components.trainer.ngrams.fitting import fit_joint
from components.trainer.ngrams.unseen import judge_validation_part
from components.trainer.strategy import get_strategy, is_chief
from components.trainer.training import remedies
from components.trainer.warm_start import (
    FEATURES_ID,
    Origin,
    WarmStart,
    backbone_digest,
    digest_of,
    read_origin,
    write_origin,
)
from components.training.failures import explained
from components.training.folder import checkpoint_folder, forget_checkpoints

TRAIN_SPLIT = "train"
TUNED_ENCODER = "encoder"  # folder of a ModelRun


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
                ``config.unfreeze`` is set; ``blessed_model`` (one or none) where ``config.warm_start`` is.
            output_dict: ``model``: the SavedModel; ``model_run``: ``metrics.json``, TensorBoard's logs,
                ``out_of_fold.jsonl`` if there are folds, ``encoder/`` in Hugging Face's format if it is not the
                backbone's.
            exec_properties: ``config``: a `TrainerConfig` as JSON; ``max_length``: most tokens of a text; ``cut``: what
                becomes of longer ones, a `CutConfig` as JSON; ``multi_label``: 1 if an example may have several labels;
                ``sources``: how the rows were read, see `Origin`; ``serving_directory``, if nothing can be in
                ``blessed_model``: where pushed models are.
        """
        config = TrainerConfig.model_validate_json(exec_properties["config"])
        strategy = get_strategy(config.strategy)  # workers have to find each other before anything else is computed
        features = artifact_utils.get_single_instance(input_dict["features"])
        model = artifact_utils.get_single_instance(output_dict["model"])
        model_run = artifact_utils.get_single_instance(output_dict["model_run"])
        about = info.read(features.uri)
        files = split_files(f"{features.uri}/{info.TRAIN_FOLDER}")
        labels = label_vocabulary(artifact_utils.get_single_uri(input_dict["transform_graph"]))
        multi_label = bool(exec_properties.get("multi_label"))
        data = records.read_features(files, about, len(labels) if multi_label else None)
        data = data if config.train_on_empty else data.take(data.token_counts > 0)
        backbone = artifact_utils.get_single_uri(input_dict["backbone"])
        origin = Origin(backbone_digest(backbone), digest_of(data), exec_properties.get("sources", ""))
        before = _blessed(input_dict, exec_properties.get("serving_directory"), origin.data)
        warm_start = WarmStart(before, origin) if before else None
        model.set_int_custom_property(FEATURES_ID, features.id)
        begin = None if config.unfreeze else warm_start  # the second stage begins with encoder and head together
        trained = train_frozen(data, labels, config, strategy, model_run.uri, begin)
        head, metrics = trained.head, trained.metrics
        key = (exec_properties["config"], exec_properties["code"], features.uri, strategy.num_replicas_in_sync, before)
        with strategy.scope():
            encoder = load_encoder(backbone)
            changed = bool(config.unfreeze and warm_start and warm_start.begin_both(encoder, head, labels))
        if config.unfreeze:
            tuned = tune_on_examples(
                split_files(artifact_utils.get_split_uri(input_dict["examples"], TRAIN_SPLIT)),
                encoder,
                backbone,
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
            if (tuned.kept or changed) and is_chief(strategy):
                with local_output(f"{model_run.uri}/{TUNED_ENCODER}") as folder:
                    encoder.save_pretrained(folder, safe_serialization=True)
        if warm_start:
            metrics["warm_start"] = warm_start.summary()
        if not is_chief(strategy):
            return
        make = partial(
            TextClassifier,
            # Not loaded before: seeding TensorFlow, as training does, takes their resources from ops that have run.
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
            unseen = trained.unseen or judge_validation_part(data, classifier.network, config)
            fitted = fit_joint(data, unseen, labels, classifier.text_graph, config.ngrams)
            metrics |= {"validation": fitted.both.model_dump(), "ngrams": fitted.summary()}
            classifier = make(joint=fitted.joint)
        with explained(remedies(data, config)):
            write_run(model_run.uri, metrics)
            served = path_utils.serving_model_dir(model.uri)
            export(classifier, labels, served, data.texts.tolist())
            write_training_facts(served, data, labels, classifier.tokenize)
            write_origin(served, origin)
        forget_checkpoints(model_run.uri)


def _blessed(
    input_dict: dict[str, list[types.Artifact]], serving_directory: str | None, data_digest: str
) -> str | None:
    """The SavedModel to begin with, of other data than that at hand; None if there is none yet."""
    if serving_directory:
        return newest_standing(serving_directory, lambda model: read_origin(model).data != data_digest)
    return next((path_utils.serving_model_path(one.uri) for one in input_dict.get("blessed_model", [])), None)


def write_run(uri: str, metrics: dict[str, Any]) -> None:
    """Writes ``metrics.json`` of a training run.

    Args:
        uri: The ModelRun artifact's folder, local or remote.
        metrics: What is written.
    """
    tf.io.gfile.makedirs(uri)
    with tf.io.gfile.GFile(f"{uri}/metrics.json", "w") as file:
        file.write(json.dumps(metrics, ensure_ascii=False, indent=2))
