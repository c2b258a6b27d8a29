"""The part of the DAG in which the blessed classifier answers texts in bulk; wired by `pipeline.dag`."""

from tfx.components.bulk_inferrer.component import BulkInferrer
from tfx.proto import bulk_inferrer_pb2
from tfx.types.channel import BaseChannel

from components.example_gen.component import ExampleGen
from components.example_gen.config import ExampleGenConfig
from components.trainer.example_signatures import CLASSIFY
from pipeline.config import BulkInferrerConfig
from pipeline.dag_data import Dag
from pipeline.inferred import INFERRER, SOURCE

LABELS, PROBABILITIES = "labels", "probabilities"


def infer(dag: Dag, config: BulkInferrerConfig, model: BaseChannel, blessing: BaseChannel) -> None:
    """Adds TFX's BulkInferrer, as the last node, and what reads the texts for it.

    What it writes, ``output_examples``, are the Examples that were read with two more features: ``labels``, all of
    them, and their ``probabilities``. The signature for the Classification API is asked: from that of the Predict API
    tfx_bsl 1.16 cannot take strings that are one a row.
    """
    texts = ExampleGenConfig(sources=config.sources, span=config.span)
    source = ExampleGen(texts, look=not dag.elsewhere, branch="bulk_inferrer").with_id(SOURCE)
    columns = bulk_inferrer_pb2.ClassifyOutput(label_column=LABELS, score_column=PROBABILITIES)
    last = dag.nodes[-1]
    inferrer = BulkInferrer(
        examples=dag.add(source).outputs["examples"],
        model=model,
        model_blessing=blessing,
        model_spec=bulk_inferrer_pb2.ModelSpec(model_signature_name=[CLASSIFY]),
        output_example_spec=bulk_inferrer_pb2.OutputExampleSpec(
            output_columns_spec=[bulk_inferrer_pb2.OutputColumnsSpec(classify_output=columns)]
        ),
    )
    dag.add(inferrer.with_id(INFERRER), after=last)
