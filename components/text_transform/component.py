"""The Transform nodes: raw Examples in, token ids out, with the text graph of a Tokenizer artifact."""

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import component_spec, standard_artifacts, standard_component_specs
from tfx.types.channel import BaseChannel, Channel
from tfx.utils import json_utils

from components import artifacts
from components.fingerprint import code_fingerprint
from components.text_transform import executor
from components.text_transform.config import HEAD, CutConfig

_PREPROCESSING = "components.text_transform.preprocessing"


class TextTransformSpec(standard_component_specs.TransformSpec):
    """TFX's Transform spec with the Tokenizer artifact among the inputs."""

    INPUTS = {
        **standard_component_specs.TransformSpec.INPUTS,
        "tokenizer": component_spec.ChannelParameter(type=artifacts.Tokenizer),
    }


class TextTransform(base_beam_component.BaseBeamComponent):
    """Cleans and tokenizes Examples in a TensorFlow graph, and numbers their labels."""

    SPEC_CLASS = TextTransformSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

    def __init__(
        self,
        examples: BaseChannel,
        schema: BaseChannel,
        tokenizer: BaseChannel,
        labelled: bool,
        max_length: int,
        cut: CutConfig = HEAD,
        multi_label: bool = False,
    ) -> None:
        """Wires the node.

        Args:
            examples: Raw examples.
            schema: Their schema.
            tokenizer: The Tokenizer artifact, whose text graph is used.
            labelled: Whether the examples have labels; their texts are then cut, those of a corpus are left whole.
            max_length: Tokens of a labelled text at most, ``[CLS]`` and ``[SEP]`` included.
            cut: What becomes of longer texts.
            multi_label: Whether an example may have several labels, or none.
        """
        custom_config = {
            "labelled": labelled,
            "code": code_fingerprint(_PREPROCESSING, "components.text_transform.executor"),
            **({"multi_label": multi_label, "max_length": max_length, "cut": cut.model_dump()} if labelled else {}),
        }
        transformed = Channel(standard_artifacts.Examples)
        transformed.matching_channel_name = "examples"
        spec = TextTransformSpec(
            examples=examples,
            schema=schema,
            tokenizer=tokenizer,
            preprocessing_fn=f"{_PREPROCESSING}.preprocessing_fn",
            force_tf_compat_v1=0,
            disable_statistics=1,
            custom_config=json_utils.dumps(custom_config),
            transform_graph=Channel(standard_artifacts.TransformGraph),
            transformed_examples=transformed,
        )
        super().__init__(spec=spec)
