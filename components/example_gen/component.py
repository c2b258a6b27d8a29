"""The ExampleGen node: text files in, splits of examples out."""

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import channel, component_spec, standard_artifacts

from components.example_gen import executor
from components.example_gen.config import ExampleGenConfig
from components.example_gen.inputs import find_inputs, fingerprint_inputs
from components.fingerprint import code_fingerprint


class ExampleGenSpec(component_spec.ComponentSpec):
    """What the node is made of, and what decides whether it is cached."""

    PARAMETERS = {
        "config": component_spec.ExecutionParameter(type=str),
        "branch": component_spec.ExecutionParameter(type=str),
        "files": component_spec.ExecutionParameter(type=str),
        "code": component_spec.ExecutionParameter(type=str),
    }
    INPUTS: dict[str, component_spec.ChannelParameter] = {}
    OUTPUTS = {"examples": component_spec.ChannelParameter(type=standard_artifacts.Examples)}


class ExampleGen(base_beam_component.BaseBeamComponent):
    """Reads labelled or unlabelled text in any of the formats of `SourceConfig` and divides it into splits.

    The names, sizes and times of change of the files are looked at when the node is made, and go into its cache key.

    Output: ``examples``, gzip TFRecords of ``tf.Example`` with the features ``text``, ``id``, and ``label`` and
    ``group`` where there are any. Beside the splits lie ``counts.json`` and ``rejected.jsonl``.

    Args:
        config: The sources, with resolved paths.
        look: Whether to look at the files now; if not, other files with the same names are taken for the same ones.
        branch: The section of the configuration that errors name, such as ``labelled``.

    Raises:
        DataError: If a file is missing.

    Example:
        >>> source = SourceConfig(format="csv", files="reviews.csv", label_column="stars")
        >>> example_gen = ExampleGen(ExampleGenConfig(sources=[source]))
        >>> corpus = ExampleGen(ExampleGenConfig(sources=[text])).with_id("CorpusExampleGen")
    """

    SPEC_CLASS = ExampleGenSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

    def __init__(self, config: ExampleGenConfig, look: bool = True, branch: str = "") -> None:
        spec = ExampleGenSpec(
            config=config.model_dump_json(),
            branch=branch,
            files=fingerprint_inputs(find_inputs(config)) if look else "",
            code=code_fingerprint("components.example_gen.executor"),
            examples=channel.Channel(type=standard_artifacts.Examples),
        )
        super().__init__(spec=spec)
