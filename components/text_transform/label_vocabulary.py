"""The labels that a Transform numbered."""

import tensorflow_transform as tft

LABEL_VOCABULARY = "labels"


def label_vocabulary(transform_uri: str) -> list[str]:
    """Reads the labels that the Transform numbered.

    Args:
        transform_uri: The TransformGraph artifact's folder.

    Returns:
        Label texts by class number.
    """
    vocabulary = tft.TFTransformOutput(transform_uri).vocabulary_by_name(LABEL_VOCABULARY)
    return [label.decode("utf-8") for label in vocabulary]
