"""Turns an original Google BERT, a TF1 checkpoint, into a directory in Hugging Face's format, without PyTorch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pydantic
import tensorflow as tf
from pydantic import Field
from safetensors.numpy import save_file
from transformers import BertConfig

from components.backbone import tf1_files, tf1_vocabulary
from components.backbone.encoders import FAMILIES, FIXED_EVERYWHERE, LARGEST_SIZE, activation
from components.backbone.json_files import read_json
from components.backbone.tf1_files import Tf1Files
from components.backbone.tf1_names import Variable, bert_variables, is_of_training
from components.backbone.tf1_vocabulary import Vocabulary
from components.errors import DataError, first_line, shortened

MOST_LAYERS = 1000
LISTED = 5  # variables that an error lists
READING_ERRORS = (tf.errors.OpError, ValueError, RuntimeError, IndexError, TypeError)  # what TensorFlow's reader raises


class GoogleConfig(pydantic.BaseModel):
    """``bert_config.json``; keys that it has besides, as those of multilingual models, are about nothing here.

    ``gelu`` is the exact one, as in the code that the published models were trained with and in every copy of them on
    the Hub. For a model that was trained with the later code, which approximates it by tanh, ``gelu_new`` is that.
    """

    model_config = pydantic.ConfigDict(frozen=True)

    vocab_size: int = Field(gt=0, le=LARGEST_SIZE)
    hidden_size: int = Field(gt=0, le=LARGEST_SIZE)
    num_hidden_layers: int = Field(gt=0, le=MOST_LAYERS)
    num_attention_heads: int = Field(gt=0, le=LARGEST_SIZE)
    intermediate_size: int = Field(gt=0, le=LARGEST_SIZE)
    max_position_embeddings: int = Field(gt=0, le=LARGEST_SIZE)
    type_vocab_size: int = Field(gt=0, le=LARGEST_SIZE)
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = Field(0.1, ge=0, lt=1)
    attention_probs_dropout_prob: float = Field(0.1, ge=0, lt=1)
    initializer_range: float = Field(0.02, gt=0)

    @pydantic.model_validator(mode="after")
    def _can_be_built(self) -> "GoogleConfig":
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} is no multiple of num_attention_heads {self.num_attention_heads}"
            )
        if wanted := activation(self.hidden_act):
            raise ValueError(f"hidden_act {self.hidden_act!r} must be {wanted}")
        return self


def check(directory: Path, lowercase: bool | None) -> dict[str, Any]:
    """Checks everything about a TF1 checkpoint but the values of its variables, which takes a moment.

    Args:
        directory: With ``bert_config.json``, the checkpoint and its vocabulary.
        lowercase: See `components.backbone.config.BackboneConfig`.

    Returns:
        The ``config.json`` that `convert` will write.

    Raises:
        DataError: If a file is missing or broken, if the variables of the checkpoint are not exactly those of the
            configured BERT, or if the vocabulary has more pieces than the embedding table has rows.
        ConfigError: If ``lowercase`` is set where it has no meaning.
    """
    files = tf1_files.find(directory)
    config = _read_config(files.config)
    _check_variables(files, config)
    vocabulary = tf1_vocabulary.read(files.vocabulary, lowercase)
    _check_vocabulary(files, config, vocabulary)
    return _hugging_face_config(config, vocabulary).to_dict()


def convert(directory: Path, destination: Path, lowercase: bool | None) -> None:
    """Writes a TF1 checkpoint in Hugging Face's format.

    Every variable is kept: ``TFAutoModel`` finds the encoder and its pooler, ``TFAutoModelForMaskedLM`` the encoder
    and the head of masked language modelling, ``TFBertForPreTraining`` (PyTorch's too) all that and next sentences.

    Args:
        directory: One that `check` has nothing against.
        destination: An existing local directory, where ``config.json``, ``model.safetensors`` and the files of the
            tokenizer are written.
        lowercase: See `components.backbone.config.BackboneConfig`.

    Raises:
        DataError: If the values of the variables cannot be read.
        ConfigError: If the tokenizer cannot be taken over.
    """
    files = tf1_files.find(directory)
    config = _read_config(files.config)
    vocabulary = tf1_vocabulary.read(files.vocabulary, lowercase)
    try:
        reader = tf.train.load_checkpoint(str(files.checkpoint))
        tensors = {variable.hugging_face_name: _value(reader, variable) for variable in bert_variables(config)}
    except READING_ERRORS as error:
        raise _unreadable(files, error) from error
    save_file(tensors, destination / "model.safetensors", metadata={"format": "pt"})
    _hugging_face_config(config, vocabulary).save_pretrained(destination)
    tf1_vocabulary.write_tokenizer(files.vocabulary, vocabulary, destination)


def _read_config(path: Path) -> GoogleConfig:
    try:
        content = read_json(path)
        for key, rule in {**FAMILIES["bert"].fixed, **FIXED_EVERYWHERE}.items():
            if key in content and (wanted := rule(content[key])):
                raise DataError(
                    f"{path}: {key} is {str(content[key])[:80]}, but is not computed here unless it is {wanted}: take "
                    "another model"
                )
        return GoogleConfig.model_validate(content)
    except pydantic.ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}".lstrip(": ") for one in error.errors())
        raise DataError(f"{path}: {wrong}: take the file that came with the checkpoint") from None


def _check_variables(files: Tf1Files, config: GoogleConfig) -> None:
    try:
        found = tf.train.load_checkpoint(str(files.checkpoint)).get_variable_to_shape_map()
    except READING_ERRORS as error:
        raise _unreadable(files, error) from error
    wrong = _differences(bert_variables(config), {name: tuple(shape) for name, shape in found.items()})
    if wrong:
        listed = "; ".join(wrong[:LISTED]) + (f"; and {len(wrong) - LISTED} more" if len(wrong) > LISTED else "")
        raise DataError(
            f"{files.index}: {len(wrong)} variables are not those of the BERT that {files.config} describes: {listed}. "
            "Give the checkpoint as pretraining wrote it (a fine-tuned one has another head), with its own "
            f"{tf1_files.CONFIG}"
        )


def _differences(expected: list[Variable], found: Mapping[str, tuple[int, ...]]) -> list[str]:
    wrong = []
    for variable in expected:
        if variable.name not in found:
            wrong.append(f"{variable.name} expected {variable.shape}, is missing")
        elif found[variable.name] != variable.shape:
            wrong.append(f"{variable.name} expected {variable.shape}, found {found[variable.name]}")
    extra = sorted(set(found) - {variable.name for variable in expected})
    return wrong + [
        f"{shortened(name)} not expected, found {found[name]}" for name in extra if not is_of_training(name)
    ]


def _check_vocabulary(files: Tf1Files, config: GoogleConfig, vocabulary: Vocabulary) -> None:
    if len(vocabulary.pieces) > config.vocab_size:
        raise DataError(
            f"{files.vocabulary} has {len(vocabulary.pieces)} pieces, but the checkpoint has embeddings for "
            f"{config.vocab_size} only (vocab_size in {files.config}): take the vocabulary that it was trained with"
        )


def _hugging_face_config(config: GoogleConfig, vocabulary: Vocabulary) -> BertConfig:
    return BertConfig(**config.model_dump(), pad_token_id=vocabulary.ids["pad"], architectures=["BertForPreTraining"])


def _value(reader: Any, variable: Variable) -> np.ndarray:
    value = reader.get_tensor(variable.name).astype(np.float32)
    if not np.isfinite(value).all():
        raise ValueError(f"{variable.name} has values that are not finite")
    return np.ascontiguousarray(value.T if variable.is_transposed else value)


def _unreadable(files: Tf1Files, error: Exception) -> DataError:
    return DataError(f"{files.index} cannot be read ({first_line(error)}): copy the checkpoint again, whole")
