"""Tasks in their order, and what a rehearsal cannot do."""

import copy
from typing import Any

import pytest

from components.errors import ConfigError
from kubeflow.rehearsal.specification import in_folder, read_tasks, type_name

TYPE = {"artifactType": {"instanceSchema": "title: components.Report\ntype: object\n"}}
SPEC: dict[str, Any] = {
    "components": {
        "Second": {"executorLabel": "second", "outputDefinitions": {"artifacts": {"report": TYPE}}},
        "First": {"executorLabel": "first", "outputDefinitions": {"artifacts": {"texts": TYPE}}},
    },
    "deploymentSpec": {
        "executors": {
            "second": {
                "container": {
                    "image": "i",
                    "command": ["python"],
                    "args": ["{{$}}"],
                    "env": [{"name": "A", "value": "1"}],
                }
            },
            "first": {"container": {"image": "i"}},
        }
    },
    "root": {
        "dag": {
            "tasks": {
                "Second": {
                    "componentRef": {"name": "Second"},
                    "dependentTasks": ["First"],
                    "inputs": {
                        "artifacts": {
                            "texts": {"taskOutputArtifact": {"producerTask": "First", "outputArtifactKey": "texts"}}
                        },
                        "parameters": {"seed": {"runtimeValue": {"constant": 3.0}}},
                    },
                },
                "First": {"componentRef": {"name": "First"}},
            }
        }
    },
}


def test_a_task_comes_after_those_that_it_waits_for() -> None:
    first, second = read_tasks(SPEC)
    assert (first.name, first.command, first.inputs, first.after) == ("First", [], {}, [])
    assert second.name == "Second" and second.command == ["python"] and second.arguments == ["{{$}}"]
    assert second.environment == {"A": "1"} and second.parameters == {"seed": 3.0}
    assert second.inputs == {"texts": ("First", "texts")}
    assert type_name(second.outputs["report"]) == "Report"
    assert type_name({"schemaTitle": "tfx.Examples"}) == "Examples"


def test_only_containers_on_constants_and_artifacts() -> None:
    importer = copy.deepcopy(SPEC)
    importer["deploymentSpec"]["executors"]["first"] = {"importer": {}}
    with pytest.raises(ConfigError, match="First: importer cannot be rehearsed"):
        read_tasks(importer)
    nested = copy.deepcopy(SPEC)
    del nested["components"]["First"]["executorLabel"]
    with pytest.raises(ConfigError, match="First: a group of tasks cannot be rehearsed"):
        read_tasks(nested)
    computed = copy.deepcopy(SPEC)
    computed["root"]["dag"]["tasks"]["Second"]["inputs"]["parameters"]["seed"] = {"taskOutputParameter": {}}
    with pytest.raises(ConfigError, match="Second: has no 'runtimeValue'"):
        read_tasks(computed)


def test_nothing_leaves_this_machine() -> None:
    elsewhere = copy.deepcopy(SPEC)
    elsewhere["deploymentSpec"]["executors"]["first"]["container"]["args"] = ["--runner=DataflowRunner"]
    with pytest.raises(ConfigError, match=r"beam.runner: First would leave this machine \(--runner=DataflowRunner\)"):
        read_tasks(elsewhere)


def test_buckets_become_folders_wherever_they_stand() -> None:
    value = {"uri": "gs://bucket/京都", "config": '{"files": "s3://other/a b.csv"}', "number": 3, "list": ["gs://x"]}
    assert in_folder(value, "/here") == {
        "uri": "/here/bucket/京都", "config": '{"files": "/here/other/a b.csv"}', "number": 3, "list": ["/here/x"],
    }  # fmt: skip
    assert in_folder("http://proxy:80 https://x", "/here") == "http://proxy:80 https://x"
    assert in_folder("gs:// is a scheme, a://", "/here") == "gs:// is a scheme, a://"
