"""create_pipeline(config) -> Pipeline: wires the components of README's picture, and does nothing else.

A branch that the configuration does not ask for is not in the DAG.
"""

import dataclasses
import hashlib
from pathlib import Path
from typing import Any, TypeVar

from ml_metadata.proto import metadata_store_pb2
from tfx.components.example_validator.component import ExampleValidator
from tfx.components.statistics_gen.component import StatisticsGen
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.importer import Importer
from tfx.orchestration import metadata
from tfx.orchestration.pipeline import Pipeline
from tfx.types import standard_artifacts
from tfx.types.channel import BaseChannel

from components.backbone.component import Backbone
from components.baseline.component import Baseline
from components.data_gate.component import DataGate
from components.data_gate.config import TokenLimits
from components.data_gate.token_component import TokenGate
from components.errors import ConfigError
from components.evaluator.component import Evaluator
from components.evaluator.mlm_component import MlmEvaluator
from components.example_gen.component import ExampleGen
from components.example_gen.config import ExampleGenConfig
from components.feature_gen.component import FeatureGen
from components.pretrainer import continuing
from components.pretrainer.component import Pretrainer
from components.pusher.component import Pusher
from components.report.component import Report
from components.servable_check.component import ServableCheck
from components.text_transform.component import TextTransform
from components.text_transform.config import TextConfig
from components.token_statistics.component import TokenStatistics
from components.tokenizer.component import Tokenizer
from components.trainer.component import Trainer
from pipeline.config import SCHEMA_FILE, SCHEMAS, BeamConfig, CorpusConfig, LabelledConfig, PipelineConfig

FILL_MASK_SUFFIX = "-fill-mask"


@dataclasses.dataclass(frozen=True)
class _Data:
    """A set of examples, and the gate that must have let it pass."""

    examples: BaseChannel
    schema: BaseChannel
    gate: DataGate
    key: str
    token_limits: TokenLimits
    multi_label: bool


NodeT = TypeVar("NodeT", bound=BaseNode)


@dataclasses.dataclass
class _Dag:
    """The nodes so far, and what the report reads of them."""

    nodes: list[BaseNode] = dataclasses.field(default_factory=list)
    measured: dict[str, BaseChannel] = dataclasses.field(default_factory=dict)

    def add(self, node: NodeT, after: BaseNode | None = None) -> NodeT:
        if after:
            node.add_upstream_node(after)
        self.nodes.append(node)
        return node


def create_pipeline(config: PipelineConfig, root: Path) -> Pipeline:
    """Builds the DAG that a configuration asks for.

    Args:
        config: What to build.
        root: Folder of all runs: artifacts, metadata and pushed models go below it.

    Returns:
        A TFX pipeline, the same for every runner.
    """
    return Pipeline(
        pipeline_name=config.name,
        pipeline_root=str(root / "artifacts" / config.name),
        metadata_connection_config=metadata_connection(root),
        enable_cache=True,
        components=_nodes(config, root),
        beam_pipeline_args=_beam_args(config.beam),
    )


def metadata_connection(root: Path) -> metadata_store_pb2.ConnectionConfig:
    """Where ML Metadata of all runs below a root is kept."""
    root.mkdir(parents=True, exist_ok=True)
    return metadata.sqlite_metadata_connection_config(str(root / "metadata.sqlite"))


def _nodes(config: PipelineConfig, root: Path) -> list[BaseNode]:
    dag = _Dag()
    # What is imported comes first, so that what cannot be had ends the run before the data is read.
    imported = (
        dag.add(Backbone(config.backbone, config.text.max_length)).outputs["backbone"] if config.backbone else None
    )
    trained = config.tokenizer.kind != "import"
    tokenizer = None if trained else dag.add(Tokenizer(config.tokenizer, config.text, backbone=imported))
    corpus = _checked_data(dag, "Corpus", config.corpus, after=tokenizer) if config.corpus else None
    labelled = _checked_data(dag, "", config.labelled, after=tokenizer) if config.labelled else None
    if tokenizer is None:
        if corpus is None:
            raise ConfigError("tokenizer.kind", f"{config.tokenizer.kind} is trained, but there is no corpus for it")
        tokenizer = dag.add(Tokenizer(config.tokenizer, config.text, examples=corpus.examples), after=corpus.gate)
    encoder = _pretrain(dag, config, root, corpus, tokenizer, imported) if corpus else imported
    if labelled and encoder:
        _classify(dag, config, root, labelled, tokenizer, encoder)
    dag.add(Report(config.name, **dag.measured))
    return dag.nodes


def _pretrain(
    dag: _Dag,
    config: PipelineConfig,
    root: Path,
    corpus: _Data,
    tokenizer: Tokenizer,
    imported: BaseChannel | None,
) -> BaseChannel | None:
    if not config.pretrainer:
        return None
    if config.backbone:
        continuing.check_source(config.backbone.source, config.pretrainer)
    transform = _transform(dag, corpus, tokenizer, "Corpus", config.text, labelled=False)
    pretrainer = dag.add(
        Pretrainer(
            config.pretrainer,
            examples=transform.outputs["transformed_examples"],
            tokenizer=tokenizer.outputs["tokenizer"],
            initial_backbone=imported,
        ),
        after=_check_tokens(dag, corpus, tokenizer, "Corpus", transform),
    )
    judge = dag.add(
        MlmEvaluator(config.mlm_evaluator, model=pretrainer.outputs["model"], model_run=pretrainer.outputs["model_run"])
    )
    dag.measured["pretrainer_run"] = pretrainer.outputs["model_run"]
    dag.measured["mlm_evaluation"] = judge.outputs["evaluation"]
    name = config.name + (FILL_MASK_SUFFIX if config.labelled else "")
    dag.measured["pushed_fill_mask"] = _push(
        dag, "FillMask", config, _destination(config, root, name), pretrainer.outputs["model"], judge, corpus
    )
    return pretrainer.outputs["backbone"]


def _classify(
    dag: _Dag, config: PipelineConfig, root: Path, labelled: _Data, tokenizer: Tokenizer, encoder: BaseChannel
) -> None:
    transform = _transform(dag, labelled, tokenizer, "", config.text, labelled=True)
    features = dag.add(
        FeatureGen(
            config.feature_gen,
            examples=transform.outputs["transformed_examples"],
            backbone=encoder,
            **_chunks(config.text, tokenizer),
        ),
        after=_check_tokens(dag, labelled, tokenizer, "", transform),
    )
    trainer = dag.add(
        Trainer(
            config.trainer,
            features=features.outputs["features"],
            backbone=encoder,
            tokenizer=tokenizer.outputs["tokenizer"],
            transform_graph=transform.outputs["transform_graph"],
            max_length=config.text.max_length,
            cut=config.text.cut,
            examples=transform.outputs["transformed_examples"] if config.trainer.unfreeze else None,
            multi_label=labelled.multi_label,
        )
    )
    if config.baseline:
        baseline = dag.add(Baseline(config.baseline, labelled.examples, labelled.multi_label), after=labelled.gate)
        dag.measured["baseline"] = baseline.outputs["evaluation"]
    judge = dag.add(
        Evaluator(
            config.evaluator,
            examples=labelled.examples,
            model=trainer.outputs["model"],
            baseline=dag.measured.get("baseline"),
        )
    )
    dag.measured["trainer_run"] = trainer.outputs["model_run"]
    dag.measured["evaluation"] = judge.outputs["evaluation"]
    dag.measured["pushed_model"] = _push(
        dag, "", config, _destination(config, root, config.name), trainer.outputs["model"], judge, labelled
    )


def _checked_data(dag: _Dag, prefix: str, config: CorpusConfig | LabelledConfig, after: BaseNode | None) -> _Data:
    example_gen = ExampleGen(ExampleGenConfig(sources=config.sources)).with_id(f"{prefix}ExampleGen")
    examples = dag.add(example_gen, after=after).outputs["examples"]
    statistics = dag.add(StatisticsGen(examples=examples).with_id(f"{prefix}StatisticsGen"))
    schema = dag.add(_schema(config.schema_folder).with_id(f"{prefix}Schema")).outputs["result"]
    validator = dag.add(
        ExampleValidator(statistics=statistics.outputs["statistics"], schema=schema).with_id(
            f"{prefix}ExampleValidator"
        )
    )
    key = "corpus.gate" if prefix else "labelled.gate"
    gate = DataGate(
        config.gate,
        key,
        examples=examples,
        anomalies=validator.outputs["anomalies"],
        statistics=statistics.outputs["statistics"],
    )
    gate = dag.add(gate.with_id(f"{prefix}DataGate"))
    return _Data(examples, schema, gate, key, config.gate.tokens, config.multi_label)


def _schema(name: str) -> Importer:
    folder = SCHEMAS / name  # an absolute path stays as it is
    return Importer(
        source_uri=str(folder),
        artifact_type=standard_artifacts.Schema,
        # An edited schema is another artifact, so that the nodes that read it run again.
        custom_properties={"sha256": hashlib.sha256((folder / SCHEMA_FILE).read_bytes()).hexdigest()},
    )


def _transform(
    dag: _Dag, data: _Data, tokenizer: Tokenizer, prefix: str, text: TextConfig, labelled: bool
) -> TextTransform:
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


def _chunks(text: TextConfig, tokenizer: Tokenizer) -> dict[str, Any]:
    """What FeatureGen needs to encode texts in chunks; nothing if it does not."""
    if text.long_documents != "chunks":
        return {}
    return {
        "tokenizer": tokenizer.outputs["tokenizer"],
        "max_length": text.max_length,
        "chunk_overlap": text.chunk_overlap,
    }


def _check_tokens(dag: _Dag, data: _Data, tokenizer: Tokenizer, prefix: str, transform: TextTransform) -> TokenGate:
    statistics = TokenStatistics(
        examples=transform.outputs["transformed_examples"], tokenizer=tokenizer.outputs["tokenizer"]
    )
    dag.add(statistics.with_id(f"{prefix}TokenStatistics"))
    dag.measured["corpus_tokens" if prefix else "tokens"] = statistics.outputs["statistics"]
    gate = TokenGate(data.token_limits, data.key, statistics=statistics.outputs["statistics"])
    return dag.add(gate.with_id(f"{prefix}TokenGate"))


def _destination(config: PipelineConfig, root: Path, name: str) -> Path:
    return Path(config.pusher.destination or root / "serving").expanduser().resolve() / name


def _push(
    dag: _Dag,
    prefix: str,
    config: PipelineConfig,
    destination: Path,
    model: BaseChannel,
    judge: BaseNode,
    data: _Data,
) -> BaseChannel:
    check = dag.add(
        ServableCheck(config.servable_check, model=model, examples=data.examples).with_id(f"{prefix}ServableCheck")
    )
    pusher = Pusher(
        config.pusher.model_copy(update={"destination": str(destination)}),
        model=model,
        model_blessing=judge.outputs["blessing"],
        infra_blessing=check.outputs["blessing"],
    )
    return dag.add(pusher.with_id(f"{prefix}Pusher")).outputs["pushed_model"]


def _beam_args(config: BeamConfig) -> list[str]:
    return [
        "--runner=DirectRunner",
        f"--direct_running_mode={config.running_mode}",
        f"--direct_num_workers={config.workers}",
    ]
