"""The verb `compile`."""

from pathlib import Path

from kubeflow.compiler import Target, compile_pipeline
from kubeflow.documents import pipeline_spec, write
from pipeline.config import PipelineConfig


def print_compiled(config: PipelineConfig, target: Target, output: Path) -> None:
    """Compiles a pipeline into a file, and says so.

    Args:
        config: What to compile.
        target: Where it is to run.
        output: The file.

    Raises:
        ConfigError: If it cannot run there, or the file cannot be written.
    """
    documents = compile_pipeline(config, target)
    write(documents, output)
    tasks = pipeline_spec(documents)["root"]["dag"]["tasks"]
    print(
        f"{output}: {config.name} for {target}, {len(tasks)} nodes, image {config.kubeflow and config.kubeflow.image}"
    )
