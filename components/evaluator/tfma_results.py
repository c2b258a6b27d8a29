"""What TFMA makes of the answers of a single-label classifier: its own files, for its tools and what else reads them.

It reads rows of `components.predictions`, not the model, which so is asked once for everything. TFMA is told for the
confusion matrix of the most probable class, from which accuracy, precision, recall and F1 follow; its own metrics by
those names count a class as predicted where its probability exceeds 0.5.
"""

import json
from collections.abc import Sequence

import apache_beam as beam
import tensorflow_model_analysis as tfma
from google.protobuf import json_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.tfxio import tf_example_record

from components.predictions import UNKNOWN

_LABEL, _PROBABILITIES = "label_ids", "probabilities"
_METRICS = [
    {"class_name": "ExampleCount"},
    {"class_name": "SparseCategoricalCrossentropy", "config": json.dumps({"ignore_class": UNKNOWN})},
    {"class_name": "MultiClassConfusionMatrixAtThresholds", "config": json.dumps({"thresholds": [0.0]})},
]


class WriteResults(beam.PTransform):
    """From rows to TFMA's files."""

    def __init__(self, output: str, labels: int, slices: Sequence[str], batch_size: int) -> None:
        """Keeps the parameters.

        Args:
            output: Folder to write into.
            labels: Number of labels.
            slices: Features of the rows to slice by.
            batch_size: Rows at a time.
        """
        super().__init__()
        self._output, self._labels, self._slices, self._batch_size = output, labels, slices, batch_size

    def expand(self, rows: beam.PCollection) -> beam.PCollection:
        """See the base class."""
        source = tf_example_record.TFExampleBeamRecord("inmem", ["tfx_bert", "Evaluator"], schema=self._schema())
        eval_config = json_format.ParseDict(
            {
                "model_specs": [{"label_key": _LABEL, "prediction_key": _PROBABILITIES}],
                "metrics_specs": [{"metrics": _METRICS}],
                "slicing_specs": [{}, *({"feature_keys": [name]} for name in self._slices)],
            },
            tfma.EvalConfig(),
        )
        return (
            rows
            | "Columns" >> source.BeamSource(self._batch_size)
            | "Analyze"
            >> tfma.ExtractEvaluateAndWriteResults(
                eval_config=eval_config,
                output_path=self._output,
                tensor_adapter_config=source.TensorAdapterConfig(),
            )
        )

    def _schema(self) -> schema_pb2.Schema:
        types = {_LABEL: schema_pb2.INT, _PROBABILITIES: schema_pb2.FLOAT} | dict.fromkeys(
            self._slices, schema_pb2.BYTES
        )
        schema = schema_pb2.Schema()
        for name, kind in types.items():
            sizes = [self._labels] if name == _PROBABILITIES else []
            dense = schema_pb2.FixedShape(dim=[schema_pb2.FixedShape.Dim(size=size) for size in sizes])
            presence = schema_pb2.FeaturePresence(min_fraction=1)
            schema.feature.add(name=name, type=kind, presence=presence, shape=dense)
        return schema
