"""PipelineConfig: every knob of a pipeline, validated when it is read.

The sections are the configurations of the DAG nodes, kept in the nodes' folders;
`pipeline.loading` reads them from YAML.
"""

from pathlib import Path
from typing import Annotated

import pydantic
from pydantic import Field

from components.backbone.config import BackboneConfig
from components.base import Config
from components.baseline.config import BaselineConfig
from components.data_gate.config import DataGateConfig, LabelledGateConfig
from components.evaluator.config import EvaluatorConfig, MlmEvaluatorConfig
from components.example_gen.config import ExampleGenConfig, SourceConfig
from components.example_gen.spans import SPAN
from components.feature_gen.config import FeatureGenConfig
from components.pretrainer.config import PretrainerConfig
from components.pusher.config import PusherConfig
from components.servable_check.config import ServableCheckConfig
from components.text_transform.config import TextConfig
from components.tokenizer.config import TokenizerConfig
from components.trainer.config import TrainerConfig
from components.window.config import ResolverConfig
from pipeline import names
from pipeline.beam import BeamConfig
from pipeline.kubeflow_config import KubeflowConfig

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"
SCHEMA_FILE = "schema.pbtxt"
BRANCHES = ("corpus", "labelled", "bulk_inferrer")  # the sections with sources
UNLABELLED = "unlabelled"


class CheckedDataConfig(ExampleGenConfig):
    """Text that a gate must let pass before it is trained on."""

    gate: DataGateConfig = Field(default_factory=DataGateConfig, description="what stops the run")
    resolver: ResolverConfig = Field(default_factory=ResolverConfig, description="what of the spans before is taken")

    @pydantic.model_validator(mode="after")
    def _comes_in_spans(self) -> "CheckedDataConfig":
        open_paths = [path for source in self.sources for path in source.paths.values() if SPAN in path]
        if self.resolver.rolling_window > 1 and self.span is None and not open_paths:
            raise ValueError(f"resolver.rolling_window is for data that comes in spans: no path has {SPAN} in it")
        return self


class CorpusConfig(CheckedDataConfig):
    """Unlabelled text, for the tokenizer and for pretraining."""

    schema_name: str = Field("corpus", alias="schema", description="a folder of schemas/, or a folder of one's own")

    @property
    def schema_folder(self) -> str:
        """The schema: a folder of schemas/, or any path."""
        return self.schema_name

    @pydantic.model_validator(mode="after")
    def _no_labels_and_splits(self) -> "CorpusConfig":
        if self.labelled:
            raise ValueError("the sources have labels: add `unlabelled: true` to use them as plain text")
        _check_splits(self)
        return self


class LabelledConfig(CheckedDataConfig):
    """Labelled text, for the classifier."""

    gate: LabelledGateConfig = Field(default_factory=LabelledGateConfig, description="what stops the run")
    schema_name: str | None = Field(
        None,
        alias="schema",
        description="a folder of schemas/, or a folder of one's own; null: labelled, or multi_label "
        "with label_separator",
    )

    @property
    def schema_folder(self) -> str:
        """The schema: a folder of schemas/, or any path."""
        return self.schema_name or ("multi_label" if self.multi_label else "labelled")

    @pydantic.model_validator(mode="after")
    def _labels_and_splits(self) -> "LabelledConfig":
        if not self.labelled:
            raise ValueError("the sources have no labels: set `label_column`")
        _check_splits(self)
        return self


def _check_splits(config: ExampleGenConfig) -> None:
    if not {"train", "eval"} <= set(config.split_names):
        raise ValueError(f"the splits are {', '.join(config.split_names)}: `train` and `eval` are needed")


class BulkInferrerConfig(ExampleGenConfig):
    """Texts for the model to answer once it is blessed; the answers are written beside them, as Examples."""

    @pydantic.field_validator("sources")
    @classmethod
    def _one_split(cls, sources: list[SourceConfig]) -> list[SourceConfig]:
        for source in sources:
            if source.labelled:
                raise ValueError(
                    "the sources have labels: add `unlabelled: true` to each, to let the model answer their texts"
                )
            if isinstance(source.files, str) and "split" in source.model_fields_set:
                raise ValueError("`split` has no effect: all rows are answered")
        return [
            source.model_copy(update={"files": {UNLABELLED: source.files}}) if isinstance(source.files, str) else source
            for source in sources
        ]


class PipelineConfig(Config):
    """A whole pipeline. A section that is absent is a branch that the DAG does not have."""

    name: str = Field(description="names the runs and the pushed model")
    size: str = Field("full", description="which of the preset's sizes is taken")
    corpus: CorpusConfig | None = None
    labelled: LabelledConfig | None = None
    text: TextConfig = Field(default_factory=TextConfig)
    tokenizer: TokenizerConfig = Field(default_factory=TokenizerConfig)
    pretrainer: PretrainerConfig | None = None
    backbone: BackboneConfig | None = None
    feature_gen: FeatureGenConfig = Field(default_factory=FeatureGenConfig)
    trainer: TrainerConfig = Field(default_factory=TrainerConfig)
    baseline: BaselineConfig | None = Field(default_factory=BaselineConfig)
    evaluator: EvaluatorConfig = Field(default_factory=EvaluatorConfig)
    mlm_evaluator: MlmEvaluatorConfig = Field(default_factory=MlmEvaluatorConfig)
    servable_check: ServableCheckConfig = Field(default_factory=ServableCheckConfig)
    pusher: PusherConfig = Field(default_factory=PusherConfig)
    bulk_inferrer: BulkInferrerConfig | None = None
    beam: BeamConfig = Field(default_factory=BeamConfig)
    timeout_minutes: dict[str, Annotated[float, Field(gt=0)]] = Field(
        {},
        description="Minutes that a node may take in `tfx-bert run`, by its name as `runs` shows it; `default` stands "
        "for the others. On Kubeflow and Vertex AI, kubeflow.nodes.NODE.timeout does this.",
    )
    kubeflow: KubeflowConfig | None = None

    @pydantic.field_validator("name")
    @classmethod
    def _names_files(cls, name: str) -> str:
        if problem := names.PIPELINE.problem(name):
            raise ValueError(problem)
        return name

    @pydantic.model_validator(mode="after")
    def _combination(self) -> "PipelineConfig":
        if self.corpus is None and self.labelled is None:
            raise ValueError("neither `corpus` nor `labelled` is given: there is nothing to train on")
        if self.pretrainer and self.backbone and (given := self.pretrainer.given_network_keys()):
            raise ValueError(
                f"pretrainer.{given[0]} is given, but `backbone` says what the network looks like: leave out "
                f"{', '.join(given)}, or backbone to train from scratch"
            )
        if not self.pretrainer and not self.backbone:
            raise ValueError("neither `pretrainer` nor `backbone` is given: there would be no encoder")
        if self.pretrainer and self.corpus is None:
            raise ValueError("`pretrainer` needs `corpus`: there is no text to pretrain on")
        if self.corpus and not self.pretrainer:
            raise ValueError("`corpus` is used by nothing: add `pretrainer`, or leave it out")
        if self.backbone and self.tokenizer.kind != "import":
            raise ValueError("`backbone` brings its own tokenizer: set tokenizer.kind to import")
        if self.tokenizer.kind == "import" and not self.tokenizer.source and not self.backbone:
            raise ValueError("tokenizer.kind is import, but there is nothing to import: name a `tokenizer.source`")
        if self.bulk_inferrer and self.labelled is None:
            raise ValueError("`bulk_inferrer` without `labelled`: there is no classifier to ask")
        if self.labelled is None and self.backbone and not self.pretrainer:
            raise ValueError("`backbone` without `labelled`: there is nothing to train")
        if self.pretrainer and not self.backbone:
            self._positions_suffice(self.pretrainer)
        return self

    def _positions_suffice(self, pretrainer: PretrainerConfig) -> None:
        if pretrainer.block_length > pretrainer.max_positions:
            raise ValueError(
                f"pretrainer.block_length {pretrainer.block_length} is more than pretrainer.max_positions "
                f"{pretrainer.max_positions}: raise max_positions or shorten the blocks"
            )
        if self.labelled and self.text.max_length > pretrainer.max_positions:
            raise ValueError(
                f"text.max_length is {self.text.max_length}, but pretrainer.max_positions is "
                f"{pretrainer.max_positions}: the encoder has no position for the last tokens"
            )

    @pydantic.model_validator(mode="after")
    def _several_labels(self) -> "PipelineConfig":
        given = [name for name in ("ngrams", "class_weights") if getattr(self.trainer, name)]
        if self.labelled and self.labelled.multi_label and given:
            raise ValueError(f"trainer.{given[0]} is for texts with one label each: leave it out, or label_separator")
        changed = self.trainer.threshold != TrainerConfig.model_fields["threshold"].default
        if self.labelled and not self.labelled.multi_label and changed:
            raise ValueError(
                "trainer.threshold is for texts that may have several labels: leave it out, or set label_separator"
            )
        return self

    @pydantic.model_validator(mode="after")
    def _judged_on_what_there_is(self) -> "PipelineConfig":
        if self.labelled and self.evaluator.split not in self.labelled.split_names:
            raise ValueError(
                f"evaluator.split is {self.evaluator.split!r}, but the labelled splits are "
                f"{', '.join(self.labelled.split_names)}: name one of these"
            )
        if self.labelled and self.evaluator.baseline_margin is not None and self.baseline is None:
            raise ValueError(
                "evaluator.baseline_margin is given, but `baseline` is null: there is nothing to be better than; leave "
                "out one of the two"
            )
        return self

    @pydantic.model_validator(mode="after")
    def _sliced_columns_are_kept(self) -> "PipelineConfig":
        kept = self.labelled.kept_columns if self.labelled else []
        for column in self.evaluator.slice_columns:
            if column not in kept:
                raise ValueError(
                    f"evaluator.slice_columns names {column!r}, which no labelled source keeps: add it to the source's "
                    f"keep_columns (kept: {', '.join(kept) or 'none'})"
                )
        return self

    @pydantic.model_validator(mode="after")
    def _head_reads_the_features(self) -> "PipelineConfig":
        sequences = self.feature_gen.pooling == "tokens"
        if sequences and self.trainer.head == "dense":
            raise ValueError(
                "feature_gen.pooling is tokens, but trainer.head is dense, which reads one vector a text: set "
                "trainer.head to bilstm or attention, or feature_gen.pooling to cls, mean, max or cls_mean"
            )
        if not sequences and self.trainer.head != "dense":
            raise ValueError(
                f"trainer.head is {self.trainer.head}, which reads token sequences, but feature_gen.pooling is "
                f"{self.feature_gen.pooling}: set feature_gen.pooling to tokens"
            )
        if sequences and self.text.long_documents == "chunks":
            raise ValueError(
                "text.long_documents is chunks, which gives one vector a text, but feature_gen.pooling is tokens: set "
                "text.long_documents to head or head_tail, or feature_gen.pooling to cls, mean, max or cls_mean"
            )
        if self.trainer.unfreeze and self.text.long_documents == "chunks":
            raise ValueError(
                "trainer.unfreeze trains on texts that the encoder reads at once, but text.long_documents is chunks: "
                "set it to head or head_tail, or leave out trainer.unfreeze"
            )
        if self.pretrainer and not self.backbone and self.feature_gen.hidden_layers > self.pretrainer.layers:
            raise ValueError(
                f"feature_gen.hidden_layers is {self.feature_gen.hidden_layers}, but pretrainer.layers is "
                f"{self.pretrainer.layers}: the encoder has no more"
            )
        loose = [source.format for source in self.labelled.sources if not source.grouped] if self.labelled else []
        if self.trainer.group_folds and loose:
            raise ValueError(
                f"trainer.group_folds is on, but a labelled source of format {loose[0]!r} knows no groups: set its "
                "`group_column`, or read KNBC as knbc_tsv"
            )
        return self
