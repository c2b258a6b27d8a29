"""20 Newsgroups tokenized for the classifier, and the real encoder, the same for every way that is measured."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from components.feature_gen.records import FeatureSet
from components.text_transform.config import TextConfig
from components.text_transform.graph import TextGraph
from components.tokenizer.config import TokenizerConfig
from components.tokenizer.importing import import_tokenizer
from tests.benchmarks import corpora

VOCABULARY = corpora.DATA / "vocab" / "bert-base-uncased-vocab.txt"  # MiniLM's too
MAX_LENGTH = 200


def encoder_folder() -> Path | None:
    """Where MiniLM is (all-MiniLM-L6-v2: 6 layers, 384 wide): ``TFX_BERT_MINILM``; None if it is not there."""
    folder = Path(os.environ.get("TFX_BERT_MINILM", "minilm"))
    return folder if (folder / "model.safetensors").exists() else None


@dataclass(frozen=True)
class Newsgroups:
    """Messages, cleaned, without stop words, cut at 200 tokens.

    Attributes:
        input_ids: Token ids without padding, ragged int32.
        label_ids: Class numbers, int64.
        labels: Names of the groups by class number.
    """

    input_ids: tf.RaggedTensor
    label_ids: np.ndarray
    labels: list[str]

    @classmethod
    def load(cls, documents: int) -> "Newsgroups":
        """Draws so many messages of the train half at random."""
        messages = corpora.labelled_messages()
        labels = sorted({label for _, label in messages})
        chosen = [messages[row] for row in np.random.default_rng(0).permutation(len(messages))[:documents]]
        nltk = str(corpora.DATA / "stopwords" / "nltk-english.txt")
        text = TextConfig(cleaning="newsgroups", stop_words=["english"], nltk_english=nltk)
        with tempfile.TemporaryDirectory() as temporary:
            import_tokenizer(VOCABULARY, temporary, TokenizerConfig(kind="import"), text)
            graph = TextGraph.load(temporary)
            ids = graph.tokenize(tf.constant([message.encode() for message, _ in chosen]), MAX_LENGTH)
        return cls(ids, np.array([labels.index(label) for _, label in chosen], np.int64), labels)

    def features(self, features: np.ndarray) -> FeatureSet:
        """What the Trainer reads.

        Args:
            features: A vector a message, float32.
        """
        names = np.array([str(row).encode() for row in range(len(self.label_ids))], object)
        return FeatureSet(features, self.label_ids, names, names, self.input_ids.row_lengths().numpy(), names)
