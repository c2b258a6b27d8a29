"""The part of the DAG that every data set goes through, from files to tokens; wired by `pipeline.dag`."""

import dataclasses
from collections.abc import Sequence
from typing import Any, TypeVar

import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.components.statistics_gen.component import StatisticsGen
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import Resolver
from tfx.types import standard_artifacts
from tfx.types.channel import BaseChannel, Channel

from components import artifacts
from components.data_gate.component import DataGate
from components.data_gate.config import TokenLimits
from components.data_gate.token_component import TokenGate
from components.example_gen.component import ExampleGen
from components.example_gen.config import ExampleGenConfig
from components.example_gen.executor import fingerprint_sources
from components.example_validator.component import ExampleValidator
from components.example_validator.last_accepted import LastAccepted
from components.schema.component import Schema
from components.text_transform.component import TextTransform
from components.text_transform.config import TextConfig
from components.token_statistics.component import TokenStatistics
from components.tokenizer.component import Tokenizer
from components.window.component import Window
from components.window.earlier_spans import EarlierSpans
from pipeline.config import SCHEMA_FILE, SCHEMAS, CorpusConfig, LabelledConfig

NodeT = TypeVar("NodeT", bound=BaseNode)


@dataclasses.dataclass(frozen=True)
class Data:
    """A set of examples, and the node that must have let it pass."""

    examples: BaseChannel
    schema: BaseChannel
    gate: BaseNode
    name: str
    key: str
    token_limits: TokenLimits
    multi_label: bool
    sources: str


@dataclasses.dataclass
class Dag:
    """The nodes so far.

    Attributes:
        nodes: In the order in which they run.
        measured: What the report reads.
        published: What HubPusher takes: the parts of the model that the pipeline is for.
        elsewhere: URI of what the pipeline has to remember from run to run, if its nodes run on other machines: there
            no ML Metadata can be asked, and from here the data cannot be looked at. Else nothing.
    """

    elsewhere: str = ""
    nodes: list[BaseNode] = dataclasses.field(default_factory=list)
    measured: dict[str, BaseChannel] = dataclasses.field(default_factory=dict)
    published: dict[str, BaseChannel] = dataclasses.field(default_factory=dict)

    def add(self, node: NodeT, after: BaseNode | None = None) -> NodeT:
        """Adds a node, which waits for another even if it takes nothing from it."""
        if after:
            node.add_upstream_node(after)
        self.nodes.append(node)
        return node


def checked_data(
    dag: Dag,
    prefix: str,
    config: CorpusConfig | LabelledConfig,
    after: BaseNode | None,
    needed: dict[str, int] | None = None,
) -> Data:
    """Adds the nodes from files to the gate, and to the window over what has passed it.

    Args:
        dag: Gets them.
        prefix: Of their names.
        config: The data.
        after: What must have run before; None: nothing.
        needed: By split, the rows that every label needs; None for texts without labels.
    """
    source = ExampleGenConfig(sources=config.sources, span=config.span)
    name = "corpus" if prefix else "labelled"
    example_gen = ExampleGen(source, look=not dag.elsewhere, branch=name).with_id(f"{prefix}ExampleGen")
    examples = dag.add(example_gen, after=after).outputs["examples"]
    statistics = dag.add(
        StatisticsGen(examples=examples, stats_options=_statistics_options()).with_id(f"{prefix}StatisticsGen")
    )
    schema_text = (SCHEMAS / config.schema_folder / SCHEMA_FILE).read_text(encoding="utf-8")
    schema = dag.add(Schema(schema_text).with_id(f"{prefix}Schema")).outputs["schema"]
    key = f"{name}.gate"
    drifting = _has_drift_comparator(schema_text)
    spans = config.resolver.rolling_window
    noted = f"{dag.elsewhere}/accepted/{name}" if dag.elsewhere and (drifting or spans > 1) else None
    validator = ExampleValidator(
        statistics=statistics.outputs["statistics"],
        schema=schema,
        previous_statistics=_last_accepted(dag, prefix, key, statistics) if drifting and not noted else None,
        accepted_directory=noted if drifting else None,
    )
    validator = dag.add(validator.with_id(f"{prefix}ExampleValidator"))
    gate = DataGate(
        config.gate,
        key,
        examples=examples,
        anomalies=validator.outputs["anomalies"],
        statistics=statistics.outputs["statistics"],
        notes_directory=noted,
        needed=needed,
    )
    passed: BaseNode = dag.add(gate.with_id(f"{prefix}DataGate"))
    if spans > 1:
        earlier = None if noted else _earlier_spans(dag, prefix, key, spans - 1, examples)
        window = Window(spans, current=examples, earlier=earlier, accepted_directory=noted, branch=name)
        passed = dag.add(window.with_id(f"{prefix}Window"), after=passed)
        examples = passed.outputs["examples"]
    dag.measured |= {
        f"{name}_examples": examples,
        f"{name}_statistics": statistics.outputs["statistics"],
        f"{name}_verdict": gate.outputs["verdict"],
    }
    sources = fingerprint_sources(source)
    return Data(examples, schema, passed, name, key, config.gate.tokens, config.multi_label, sources)


def _statistics_options() -> tfdv.StatsOptions:
    # Without sketches each different text is counted, in memory that grows with the rows. Up to 16,384 values of a
    # feature they are exact.
    options = tfdv.StatsOptions(use_sketch_based_topk_uniques=True)
    # TFDV of the default stack dies of options without it, and that of the modern one does not write it.
    vars(options)["_slice_sqls"] = vars(options).pop("_slice_sqls", None)
    return options


def _has_drift_comparator(schema_text: str) -> bool:
    """Whether data is to be compared with that of before."""
    schema = text_format.Parse(schema_text, schema_pb2.Schema())
    return any(feature.HasField("drift_comparator") for feature in schema.feature)


def _last_accepted(dag: Dag, prefix: str, key: str, current: StatisticsGen) -> BaseChannel:
    resolver = Resolver(
        strategy_class=LastAccepted,
        config={"key": key},
        statistics=Channel(type=standard_artifacts.ExampleStatistics),
        verdict=Channel(type=artifacts.DataVerdict),
        current=current.outputs["statistics"],
    )
    return dag.add(resolver.with_id(f"{prefix}LastAccepted")).outputs["statistics"]


def _earlier_spans(dag: Dag, prefix: str, key: str, count: int, current: BaseChannel) -> BaseChannel:
    resolver = Resolver(
        strategy_class=EarlierSpans,
        config={"key": key, "count": count},
        examples=Channel(type=standard_artifacts.Examples),
        verdict=Channel(type=artifacts.DataVerdict),
        current=current,
    )
    return dag.add(resolver.with_id(f"{prefix}EarlierSpans")).outputs["examples"]


def origins_of(config: ExampleGenConfig) -> list[str]:
    """Where the texts come from, a line a source."""
    return [f"{source.format}: {', '.join(source.paths.values())}" for source in config.sources]


def transform_data(
    dag: Dag, data: Data, tokenizer: Tokenizer, prefix: str, text: TextConfig, labelled: bool
) -> TextTransform:
    """Adds a Transform from raw text to token ids."""
    transform = TextTransform(
        examples=data.examples,
        schema=data.schema,
        tokenizer=tokenizer.outputs["tokenizer"],
        labelled=labelled,
        max_length=text.max_length,
        cut=text.cut,
        multi_label=data.multi_label,
    )
    return dag.add(transform.with_id(f"{prefix}Transform"), after=data.gate)


def chunks_for(text: TextConfig, tokenizer: Tokenizer) -> dict[str, Any]:
    """What FeatureGen needs to encode texts in chunks; nothing if it does not."""
    if text.long_documents != "chunks":
        return {}
    return {
        "tokenizer": tokenizer.outputs["tokenizer"],
        "max_length": text.max_length,
        "chunk_overlap": text.chunk_overlap,
    }


def check_tokens(
    dag: Dag, data: Data, tokenizer: Tokenizer, prefix: str, transform: TextTransform, settings: Sequence[str]
) -> TokenGate:
    """Adds what counts the tokens of a data set, and the gate that must let them pass.

    Args:
        dag: Gets them.
        data: The data set.
        tokenizer: What made the tokens.
        prefix: Of the nodes' names.
        transform: Its tokens.
        settings: Keys that have an effect on tokens: the gate's remedies name no others.
    """
    statistics = TokenStatistics(
        examples=transform.outputs["transformed_examples"],
        tokenizer=tokenizer.outputs["tokenizer"],
        transform_graph=None if prefix else transform.outputs["transform_graph"],
    )
    dag.add(statistics.with_id(f"{prefix}TokenStatistics"))
    gate = TokenGate(data.token_limits, data.key, statistics.outputs["statistics"], settings)
    gate = dag.add(gate.with_id(f"{prefix}TokenGate"))
    dag.measured |= {
        f"{data.name}_tokens": statistics.outputs["statistics"],
        f"{data.name}_token_verdict": gate.outputs["verdict"],
    }
    return gate
