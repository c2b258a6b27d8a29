"""How the Beam nodes run: which runner, with which of Beam's own options."""

import argparse
from collections.abc import Iterator
from typing import Any, Literal

import pydantic
from pydantic import Field

from components.base import Config
from components.example_gen.files import nearest

RUNNERS = {"direct": "DirectRunner", "dataflow": "DataflowRunner", "flink": "FlinkRunner", "spark": "SparkRunner"}
_OWN = {"runner": "runner", "direct_running_mode": "running_mode", "direct_num_workers": "workers"}
_NEEDED = {"dataflow": ("project", "region"), "flink": ("job_endpoint",), "spark": ("job_endpoint",)}

Value = bool | int | float | str | list[str]


class BeamConfig(Config):
    """How the Beam nodes run."""

    runner: Literal["direct", "dataflow", "flink", "spark"] = Field(
        "direct", description="direct: on the machine of the node"
    )
    running_mode: Literal["in_memory", "multi_threading", "multi_processing"] = Field(
        "in_memory", description="of the direct runner"
    )
    workers: int = Field(1, ge=0, description="of the direct runner; 0 is one a core")
    options: dict[str, Value] = Field(
        {}, description="any of Beam's, by name, such as region, max_num_workers, flink_master"
    )

    @pydantic.field_validator("options")
    @classmethod
    def _are_beams(cls, options: dict[str, Value]) -> dict[str, Value]:
        return _checked(options) if options else options

    @pydantic.model_validator(mode="after")
    def _fit_the_runner(self) -> "BeamConfig":
        for name in ("running_mode", "workers"):
            if self.runner != "direct" and name in self.model_fields_set and getattr(self, name) != _default(name):
                raise ValueError(f"{name} is for the direct runner, but runner is {self.runner}: leave it out")
        for name in _NEEDED.get(self.runner, ()):
            if name not in self.options:
                raise ValueError(f"runner is {self.runner}, which needs options.{name}")
        return self


def beam_arguments(config: BeamConfig, root: str, image: str | None) -> list[str]:
    """What Beam's command line takes.

    Args:
        config: The runner and its options.
        root: Folder of all runs, where Dataflow's workers write what is to be no artifact.
        image: That workers start in; None: Beam's own.

    Example:
        >>> beam_arguments(BeamConfig(workers=2), "runs", None)
        ['--runner=DirectRunner', '--direct_running_mode=in_memory', '--direct_num_workers=2', \
'--sdk_container_image=none']
    """
    # Where no image is named, TFX packs itself for workers elsewhere: 44 MB a node that stay in the temporary folder.
    given: dict[str, Any] = {"sdk_container_image": image} if image else {}
    if config.runner == "direct":
        given = {
            "direct_running_mode": config.running_mode,
            "direct_num_workers": config.workers,
            "sdk_container_image": "none",
        }
    elif config.runner == "dataflow":
        given["temp_location"] = f"{root}/beam"
    elif image:
        given |= {"environment_type": "DOCKER", "environment_config": image}
    return [f"--runner={RUNNERS[config.runner]}", *_arguments({**given, **config.options})]


def _arguments(options: dict[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        if value is True:
            yield f"--{name}"
        else:
            for one in value if isinstance(value, list) else [value]:
                yield f"--{name}={one}"


def _checked(options: dict[str, Value]) -> dict[str, Value]:
    """The options without those that are false: Beam says that with another option, or by leaving it out."""
    parser = _parser()
    known = sorted(text.removeprefix("--") for action in parser._actions for text in action.option_strings)
    for name in options:
        if name in _OWN:
            raise ValueError(f"{name} is beam.{_OWN[name]}: write it there")
        if name not in known:
            raise ValueError(f"Beam has no option {name!r}{nearest(name, known)}")
    flags = {
        text.removeprefix("--") for action in parser._actions if action.nargs == 0 for text in action.option_strings
    }
    positive: dict[str, Value] = {}
    for name, value in options.items():
        if value is not False:
            positive[name] = value
        elif f"no_{name}" in known:
            positive[f"no_{name}"] = True
        elif name not in flags:
            raise ValueError(f"{name} takes a value, not false")
    try:
        parser.parse_args(list(_arguments(positive)))
    except argparse.ArgumentError as error:
        raise ValueError(f"{str(error.argument_name).removeprefix('--')}: {error.message}") from None
    return positive


def _parser() -> argparse.ArgumentParser:
    """All options that this Beam knows; what it does not know it would leave out without a word."""
    from apache_beam.options.pipeline_options import PipelineOptions

    parser = argparse.ArgumentParser(
        add_help=False, allow_abbrev=False, conflict_handler="resolve", exit_on_error=False
    )
    for kind in _below(PipelineOptions):
        kind._add_argparse_args(parser)
    return parser


def _below(kind: Any) -> Iterator[Any]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def _default(name: str) -> Any:
    return BeamConfig.model_fields[name].default
