"""Features that tests of the heads train on."""

import numpy as np

from components.feature_gen.records import FeatureSet
from components.feature_gen.sequences import TokenSequences


def make_set(features, label_ids):
    """Makes a FeatureSet whose ids and texts are row numbers."""
    names = np.array([f"row{number}".encode() for number in range(len(label_ids))], object)
    return FeatureSet(features, np.asarray(label_ids, np.int64), names, names, np.ones(len(names), np.int64), names)


def make_sequences(lengths, width=4, seed=0):
    """Makes random token vectors."""
    values = np.random.default_rng(seed).normal(size=(sum(lengths), width)).astype(np.float32)
    return TokenSequences.from_flat(values, np.array(lengths, np.int64))
