"""What TFMA is asked for."""

import json

import tensorflow_model_analysis as tfma
from google.protobuf import json_format

from components.trainer.labels import UNKNOWN_LABEL_ID

SIGNATURE = "serving_default"
LABEL_SIGNATURE = "label_ids"


def make_eval_config() -> tfma.EvalConfig:
    """Builds the configuration for a model that `components.trainer.export` wrote.

    Raw features reach the signatures by name: ``text`` goes to ``serving_default``, ``label`` to
    ``label_ids``, which gives the class number. Of a single-label classifier, accuracy, precision, recall and
    F1 all follow from the confusion matrix of the most probable class; TFMA's own metrics by those names
    count a class as predicted where its probability exceeds 0.5, which is another thing, and would have to
    know the classes before there are any.
    """
    return json_format.ParseDict(
        {
            "model_specs": [
                {
                    "model_type": "tf_generic",
                    "signature_name": SIGNATURE,
                    "preprocessing_function_names": [LABEL_SIGNATURE],
                    "label_key": "label_id",
                    "prediction_key": "probabilities",
                }
            ],
            "metrics_specs": [
                {
                    "metrics": [
                        {"class_name": "ExampleCount"},
                        {
                            "class_name": "SparseCategoricalCrossentropy",
                            "config": json.dumps({"ignore_class": UNKNOWN_LABEL_ID}),
                        },
                        {
                            "class_name": "MultiClassConfusionMatrixAtThresholds",
                            "config": json.dumps({"thresholds": [0.0]}),
                        },
                    ]
                }
            ],
            "slicing_specs": [{}],
        },
        tfma.EvalConfig(),
    )
