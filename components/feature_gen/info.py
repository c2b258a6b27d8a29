"""What a Features artifact says about itself, so that the Trainer pools exactly as FeatureGen did."""

import pydantic
import tensorflow as tf

from components.feature_gen.config import FeatureType, Pooling

FILE_NAME = "features.json"
TRAIN_FOLDER = "Split-train"  # beside it


class FeaturesInfo(pydantic.BaseModel):
    """How the features were made.

    Attributes:
        pooling: How token vectors became one, or ``tokens``.
        width: Length of each feature vector.
        hidden_layers: Number of the encoder's last layers in a token vector.
        dtype: Type of the stored numbers.
    """

    pooling: Pooling
    width: int
    hidden_layers: int = 1
    dtype: FeatureType = "float32"


def write(uri: str, info: FeaturesInfo) -> None:
    """Writes ``features.json``.

    Args:
        uri: The Features artifact's folder, local or remote.
        info: What to write.
    """
    with tf.io.gfile.GFile(f"{uri}/{FILE_NAME}", "w") as file:
        file.write(info.model_dump_json(indent=2))


def read(uri: str) -> FeaturesInfo:
    """Reads ``features.json``.

    Args:
        uri: The Features artifact's folder, local or remote.
    """
    with tf.io.gfile.GFile(f"{uri}/{FILE_NAME}") as file:
        return FeaturesInfo.model_validate_json(file.read())
