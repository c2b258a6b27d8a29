"""create_pipeline(config) -> Pipeline: wires the components of README's picture, and does nothing else.

A branch that the configuration does not ask for is not in the DAG.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfx.components.infra_validator.component import InfraValidator
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import Resolver
from tfx.orchestration.pipeline import Pipeline
from tfx.proto import infra_validator_pb2
from tfx.types import standard_artifacts
from tfx.types.channel import BaseChannel, Channel

from components.backbone.component import Backbone
from components.baseline.component import Baseline
from components.errors import ConfigError
from components.evaluator.component import Evaluator
from components.evaluator.last_blessed import LastBlessed
from components.evaluator.mlm_component import MlmEvaluator
from components.feature_gen.component import FeatureGen
from components.files import is_remote
from components.hub_pusher.component import HubPusher
from components.hub_pusher.config import HuggingFaceConfig
from components.pretrainer import continuing
from components.pretrainer.component import Pretrainer
from components.pusher.component import Pusher
from components.report.component import Report
from components.servable_check.component import ServableCheck
from components.servable_check.config import serving_version
from components.tokenizer.component import Tokenizer
from components.trainer.component import Trainer
from components.trainer.example_signatures import TF_EXAMPLE
from pipeline.beam import beam_arguments
from pipeline.config import PipelineConfig
from pipeline.dag_data import Dag, Data, check_tokens, checked_data, chunks_for, origins_of, transform_data
from pipeline.dag_inferrer import infer
from pipeline.loading import to_yaml
from pipeline.metadata import connection

FILL_MASK_SUFFIX = "-fill-mask"


def create_pipeline(config: PipelineConfig, root: str | Path) -> Pipeline:
    """Builds the DAG that a configuration asks for.

    Args:
        config: What to build.
        root: Folder of all runs: artifacts, metadata and pushed models go below it. A URI if the nodes run on other
            machines.

    Returns:
        A TFX pipeline, the same for every runner.
    """
    return Pipeline(
        pipeline_name=config.name,
        pipeline_root=f"{root}/artifacts/{config.name}",
        metadata_connection_config=None if is_remote(str(root)) else connection(Path(root)),
        enable_cache=True,
        components=_nodes(config, str(root)),
        beam_pipeline_args=_beam_arguments(config, str(root)),
    )


def _nodes(config: PipelineConfig, root: str) -> list[BaseNode]:
    dag = Dag(elsewhere=f"{root}/state/{config.name}" if is_remote(root) else "")
    # What is imported comes first, so that what cannot be had ends the run before the data is read.
    imported = (
        dag.add(Backbone(config.backbone, config.text.max_length)).outputs["backbone"] if config.backbone else None
    )
    trained = config.tokenizer.kind != "import"
    tokenizer = None if trained else dag.add(Tokenizer(config.tokenizer, config.text, backbone=imported))
    corpus = checked_data(dag, "Corpus", config.corpus, after=tokenizer) if config.corpus else None
    needed = {"train": max(config.trainer.folds or 1, 2 if config.trainer.validation_share else 1)}
    labelled = checked_data(dag, "", config.labelled, tokenizer, needed) if config.labelled else None
    if tokenizer is None:
        if corpus is None:
            raise ConfigError("tokenizer.kind", f"{config.tokenizer.kind} is trained, but there is no corpus for it")
        tokenizer = dag.add(Tokenizer(config.tokenizer, config.text, examples=corpus.examples), after=corpus.gate)
    encoder = _pretrain(dag, config, root, corpus, tokenizer, imported) if corpus else imported
    if labelled and encoder:
        _classify(dag, config, root, labelled, tokenizer, encoder)
    parts = {"corpus": config.corpus, "labelled": config.labelled}
    origins = {name: origins_of(part) for name, part in parts.items() if part}
    version = serving_version(config.servable_check)
    report = dag.add(Report(config.name, to_yaml(config), origins, version, dag.measured))
    if config.pusher.huggingface:
        dag.add(HubPusher(_absolute(config.pusher.huggingface), report=report.outputs["report"], **dag.published))
    if config.bulk_inferrer:
        infer(dag, config.bulk_inferrer, dag.published["model"], dag.published["model_blessing"])
    return dag.nodes


def _token_settings(config: PipelineConfig) -> list[str]:
    """The keys of this configuration that have an effect on tokens."""
    given = {
        "backbone.source": config.tokenizer.kind == "import" and config.backbone is not None,
        "tokenizer.vocab_size": config.tokenizer.kind != "import",
        "tokenizer.character_coverage": config.tokenizer.kind == "sentencepiece",
        "text.cleaning": bool(config.text.cleaning),
        "text.stop_words": bool(config.text.stop_words),
    }
    return [key for key, has_effect in given.items() if has_effect]


def _absolute(config: HuggingFaceConfig) -> HuggingFaceConfig:
    folder = config.directory and str(Path(config.directory).expanduser().resolve())
    return config.model_copy(update={"directory": folder})


def _pretrain(
    dag: Dag,
    config: PipelineConfig,
    root: str,
    corpus: Data,
    tokenizer: Tokenizer,
    imported: BaseChannel | None,
) -> BaseChannel | None:
    if not config.pretrainer:
        return None
    if config.backbone:
        continuing.check_source(config.backbone.source, config.pretrainer)
    transform = transform_data(dag, corpus, tokenizer, "Corpus", config.text, labelled=False)
    pretrainer = dag.add(
        Pretrainer(
            config.pretrainer,
            examples=transform.outputs["transformed_examples"],
            tokenizer=tokenizer.outputs["tokenizer"],
            initial_backbone=imported,
        ),
        after=check_tokens(dag, corpus, tokenizer, "Corpus", transform, _token_settings(config)),
    )
    judge = dag.add(
        MlmEvaluator(config.mlm_evaluator, model=pretrainer.outputs["model"], model_run=pretrainer.outputs["model_run"])
    )
    dag.measured["pretrainer_run"] = pretrainer.outputs["model_run"]
    dag.measured["mlm_evaluation"] = judge.outputs["evaluation"]
    name = config.name + (FILL_MASK_SUFFIX if config.labelled else "")
    _push(
        dag,
        "FillMask",
        config,
        _destination(config, root, name),
        pretrainer.outputs["model"],
        {"masked_model_blessing": judge.outputs["blessing"], "evaluation": judge.outputs["evaluation"]},
        corpus,
    )
    dag.published |= {"backbone": pretrainer.outputs["backbone"], "tokenizer": tokenizer.outputs["tokenizer"]}
    return pretrainer.outputs["backbone"]


def _classify(
    dag: Dag, config: PipelineConfig, root: str, labelled: Data, tokenizer: Tokenizer, encoder: BaseChannel
) -> None:
    transform = transform_data(dag, labelled, tokenizer, "", config.text, labelled=True)
    features = dag.add(
        FeatureGen(
            config.feature_gen,
            examples=transform.outputs["transformed_examples"],
            backbone=encoder,
            **chunks_for(config.text, tokenizer),
        ),
        after=check_tokens(dag, labelled, tokenizer, "", transform, _token_settings(config)),
    )
    destination = _destination(config, root, config.name)
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
            sources=labelled.sources,
            **_blessed_before(dag, "WarmStart", destination, features=features.outputs["features"])
            if config.trainer.warm_start
            else {},
        )
    )
    if config.baseline:
        baseline = dag.add(
            Baseline(config.baseline, labelled.examples, labelled.multi_label, config.evaluator.split),
            after=labelled.gate,
        )
        dag.measured["baseline"] = baseline.outputs["evaluation"]
    judge = dag.add(
        Evaluator(
            config.evaluator,
            examples=labelled.examples,
            model=trainer.outputs["model"],
            baseline=dag.measured.get("baseline"),
            multi_label=labelled.multi_label,
            **_blessed_before(dag, "LastBlessed", destination, candidate=trainer.outputs["model"])
            if config.evaluator.blessed_margin is not None
            else {},
        )
    )
    dag.measured["trainer_run"] = trainer.outputs["model_run"]
    dag.measured["evaluation"] = judge.outputs["evaluation"]
    _push(
        dag,
        "",
        config,
        destination,
        trainer.outputs["model"],
        {"model_blessing": judge.outputs["blessing"], "evaluation": judge.outputs["evaluation"]},
        labelled,
    )
    dag.published |= {
        "backbone": encoder,
        "tokenizer": tokenizer.outputs["tokenizer"],
        "model_run": trainer.outputs["model_run"],
    }


def _blessed_before(dag: Dag, name: str, destination: str, **at_hand: BaseChannel) -> dict[str, Any]:
    """The classifier that was blessed last, other than that at hand, as Trainer and Evaluator take it."""
    if dag.elsewhere:
        return {"serving_directory": destination}
    resolver = Resolver(
        strategy_class=LastBlessed,
        model=Channel(type=standard_artifacts.Model),
        blessing=Channel(type=standard_artifacts.ModelBlessing),
        checked=Channel(type=standard_artifacts.InfraBlessing),
        pushed=Channel(type=standard_artifacts.PushedModel),
        **at_hand,
    )
    return {"blessed_model": dag.add(resolver.with_id(name)).outputs["model"]}


def _destination(config: PipelineConfig, root: str, name: str) -> str:
    folder = config.pusher.destination or f"{root.rstrip('/')}/serving"
    return f"{folder.rstrip('/') if is_remote(folder) else Path(folder).expanduser().resolve()}/{name}"


def _push(
    dag: Dag,
    prefix: str,
    config: PipelineConfig,
    destination: str,
    model: BaseChannel,
    judged: Mapping[str, BaseChannel],
    data: Data,
) -> None:
    check = dag.add(
        ServableCheck(config.servable_check, model=model, examples=data.examples).with_id(f"{prefix}ServableCheck")
    )
    if config.servable_check.infra_validator:
        judged = {**judged, "infra_validation": _infra_validation(dag, prefix, config, model, data)}
    pusher = Pusher(
        config.pusher.model_copy(update={"destination": destination}),
        model=model,
        **judged,
        infra_blessing=check.outputs["blessing"],
    )
    pushed = dag.add(pusher.with_id(f"{prefix}Pusher")).outputs["pushed_model"]
    name = "fill_mask" if prefix else "classifier"
    dag.measured |= {f"{name}_check": check.outputs["blessing"], f"{name}_pushed": pushed}
    blessings = {key: channel for key, channel in judged.items() if key != "evaluation"}
    dag.published = {"model": model, "infra_blessing": check.outputs["blessing"], "pushed_model": pushed, **blessings}


def _infra_validation(dag: Dag, prefix: str, config: PipelineConfig, model: BaseChannel, data: Data) -> BaseChannel:
    """Whether a real model server, in Docker, loads the model; and answers, if it takes Examples."""
    serving = infra_validator_pb2.ServingSpec(
        tensorflow_serving=infra_validator_pb2.TensorFlowServing(tags=[serving_version(config.servable_check)]),
        local_docker=infra_validator_pb2.LocalDockerConfig(),
    )
    request = infra_validator_pb2.RequestSpec(
        tensorflow_serving=infra_validator_pb2.TensorFlowServingRequestSpec(signature_names=[TF_EXAMPLE]),
        num_examples=8,
    )
    validator = InfraValidator(
        model=model, serving_spec=serving, **({} if prefix else {"examples": data.examples, "request_spec": request})
    )
    return dag.add(validator.with_id(f"{prefix}InfraValidator")).outputs["blessing"]


def _beam_arguments(config: PipelineConfig, root: str) -> list[str]:
    if config.beam.runner == "dataflow" and not is_remote(root):
        raise ConfigError("beam.runner", f"is dataflow, whose workers cannot read {root}: compile it for Vertex AI")
    return beam_arguments(config.beam, root, config.kubeflow.image if config.kubeflow else None)
