"""The Pretrainer's Do: tokenized text in, an encoder and a model that fills masks out."""

import dataclasses
import json
from typing import Any

import tensorflow as tf
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils
from transformers import TFPreTrainedModel

from components import files
from components.errors import DataError
from components.examples import split_files
from components.local_copies import local_output
from components.pretrainer import continuing, dataset, learning_curve, packing
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.fill_mask import export_fill_mask
from components.pretrainer.masking import Vocabulary
from components.pretrainer.model import load_network
from components.pretrainer.training import TrainingRecord, pretrain, remedies
from components.pretrainer.whole_words import word_joints
from components.text_transform.graph import TextGraph
from components.trainer.strategy import get_strategy, is_chief
from components.training.failures import explained
from components.training.folder import checkpoint_folder, forget_checkpoints

TRAIN_SPLIT, EVAL_SPLIT = "train", "eval"


class Executor(base_executor.BaseExecutor):
    """Trains a masked language model and writes it in Hugging Face's format and as a SavedModel."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: ``examples``: transformed, splits train and eval; ``tokenizer``; ``initial_backbone``, if
                training goes on with one.
            output_dict: ``backbone``: the Hugging Face directory with tokenizer and text graph; ``model``:
                the SavedModel; ``model_run``: ``metrics.json``, ``learning_curve.svg`` and TensorBoard's logs.
            exec_properties: ``config``: a `PretrainerConfig` as JSON.

        Raises:
            ConfigError: If the backbone cannot be trained as it is asked for.
            DataError: If a split is missing or empty.
        """
        config = PretrainerConfig.model_validate_json(exec_properties["config"])
        strategy = get_strategy(config.strategy)  # workers have to find each other before anything else is computed
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        tokenizer = artifact_utils.get_single_uri(input_dict["tokenizer"])
        backbone = artifact_utils.get_single_uri(output_dict["backbone"])
        model = artifact_utils.get_single_instance(output_dict["model"])
        model_run = artifact_utils.get_single_uri(output_dict["model_run"])
        given = input_dict.get("initial_backbone")
        initial = artifact_utils.get_single_uri(given) if given else None
        if initial:
            continuing.check(initial, config)

        replicas = strategy.num_replicas_in_sync
        key = (exec_properties["config"], exec_properties["code"], examples.uri, tokenizer, initial, replicas)
        text_graph = TextGraph.load(tokenizer)
        if initial:
            continuing.check_vocabulary(initial, text_graph.vocab_size)
        network, record = pretrain(
            read_split(examples, TRAIN_SPLIT),
            read_split(examples, EVAL_SPLIT),
            config,
            vocabulary_of(text_graph),
            strategy,
            log_dir=f"{model_run}/tensorboard",
            backbone=initial,
            checkpoint_dir=checkpoint_folder(model_run, *key),
        )
        if not is_chief(strategy):
            return
        with explained(remedies(config), lambda: record.steps):
            write_backbone(network, tokenizer, backbone)
            write_record(record, model_run)
            # What is read back computes in float32, whatever the training computed in.
            export_fill_mask(load_network(backbone), text_graph, path_utils.serving_model_dir(model.uri))
        forget_checkpoints(model_run)


def read_split(examples: types.Artifact, split: str) -> packing.Corpus:
    """Reads a split of transformed Examples.

    Args:
        examples: The Examples artifact.
        split: Name of the split.

    Returns:
        Its tokenized texts.

    Raises:
        DataError: If the split is not there or holds no text.
    """
    names = artifact_utils.decode_split_names(examples.split_names)
    if split not in names:
        raise DataError(f"{examples.uri}: no split {split!r} to pretrain with, only {', '.join(names) or 'none'}")
    uri = artifact_utils.get_split_uri([examples], split)
    corpus = dataset.read_corpus(split_files(uri))
    if not corpus.lengths.size:
        raise DataError(f"{uri}: split {split!r} holds no text to pretrain with: check the corpus and its split")
    return corpus


def vocabulary_of(text_graph: TextGraph) -> Vocabulary:
    """What masking has to know about a tokenizer's ids."""
    continuing, closing = word_joints(text_graph.pieces, text_graph.kind == "wordpiece")
    return Vocabulary(
        size=text_graph.vocab_size,
        pad_id=text_graph.pad_id,
        cls_id=text_graph.cls_id,
        mask_id=text_graph.mask_id,
        special_ids=tuple(text_graph.special_ids),
        continuing_ids=continuing,
        closing_ids=closing,
    )


def write_backbone(network: TFPreTrainedModel, tokenizer: str, directory: str) -> None:
    """Writes what ``AutoModelForMaskedLM``, ``AutoTokenizer`` and ``TextGraph`` load.

    Args:
        network: The trained network.
        tokenizer: The Tokenizer artifact's folder; every file in it is copied.
        directory: The Backbone artifact's folder.
    """
    with local_output(directory) as folder:
        for name in files.list_files(tokenizer):
            files.copy(f"{tokenizer}/{name}", f"{folder}/{name}")
        network.save_pretrained(folder, safe_serialization=True)


def write_record(record: TrainingRecord, uri: str) -> None:
    """Writes ``metrics.json`` and ``learning_curve.svg`` of a training run.

    Args:
        record: What training gave.
        uri: The ModelRun artifact's folder.
    """
    tf.io.gfile.makedirs(uri)
    with tf.io.gfile.GFile(f"{uri}/metrics.json", "w") as file:
        file.write(json.dumps(dataclasses.asdict(record), indent=2))
    with tf.io.gfile.GFile(f"{uri}/learning_curve.svg", "w") as file:
        file.write(learning_curve.draw(record.history, record.best_epoch))
