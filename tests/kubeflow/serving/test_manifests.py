"""What a cluster and Docker are given for TF Serving: by Kubernetes' schemas, and by the flags that TF Serving has."""

from pathlib import Path

import kubernetes_validate
import pytest
import yaml

import kubeflow
from pipeline.serving import tf_serving
from tests.pipeline.serving.flags import FLAGS

SERVING = Path(kubeflow.__file__).parent / "serving"
KUBERNETES = SERVING / "kubernetes"
KUSTOMIZATION = KUBERNETES / "kustomization.yaml"
MANIFESTS = sorted(set(KUBERNETES.glob("*.yaml")) - {KUSTOMIZATION})
VERSIONS = ["1.27", "1.36"]  # the oldest that clouds still run, and a new one


def load(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def container() -> dict:
    (found,) = load(KUBERNETES / "deployment.yaml")["spec"]["template"]["spec"]["containers"]
    return found


def flags(words: list[str]) -> dict[str, str]:
    assert all(word.startswith("--") and "=" in word for word in words), words
    return dict(word.removeprefix("--").split("=", 1) for word in words)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.stem)
def test_kubernetes_knows_every_field(manifest, version):
    kubernetes_validate.validate(load(manifest), version, strict=True)


def test_an_unknown_field_would_be_noticed():
    wrong = load(KUBERNETES / "deployment.yaml")
    wrong["spec"]["template"]["spec"]["containers"][0]["livenessProbes"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_the_kustomization_has_all_files():
    kustomization = load(KUSTOMIZATION)
    assert {KUBERNETES / name for name in kustomization["resources"]} == set(MANIFESTS)
    (config,) = kustomization["configMapGenerator"]
    assert {KUBERNETES / name for name in config["files"]} == set(KUBERNETES.glob("*.config"))
    names = {
        volume["name"]: volume for volume in load(KUBERNETES / "deployment.yaml")["spec"]["template"]["spec"]["volumes"]
    }
    assert names["config"]["configMap"]["name"] == config["name"]
    assert names["models"]["persistentVolumeClaim"]["claimName"] == load(KUBERNETES / "claim.yaml")["metadata"]["name"]


def test_what_belongs_together_is_called_the_same():
    deployment, service, budget = (load(KUBERNETES / f"{name}.yaml")["spec"] for name in
                                   ("deployment", "service", "disruption_budget"))  # fmt: skip
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == budget["selector"]["matchLabels"] == service["selector"] == labels
    target = load(KUBERNETES / "autoscaler.yaml")["spec"]["scaleTargetRef"]
    assert target["name"] == load(KUBERNETES / "deployment.yaml")["metadata"]["name"]
    ports = {port["name"]: port["containerPort"] for port in container()["ports"]}
    assert {port["targetPort"]: port["port"] for port in service["ports"]} == ports
    probes = [container()[kind]["httpGet"] for kind in ("startupProbe", "readinessProbe")]
    environment = {variable["name"]: variable["value"] for variable in container()["env"]}
    assert {probe["path"] for probe in probes} == {f"/v1/models/{environment['MODEL_NAME']}"}
    given = flags(container()["args"])
    assert (int(given["port"]), int(given["rest_api_port"])) == (ports["grpc"], ports["rest"])
    mounts = [mount["mountPath"] for mount in container()["volumeMounts"]]
    paths = [environment["MODEL_BASE_PATH"], given["batching_parameters_file"], given["monitoring_config_file"]]
    assert all(path.startswith(tuple(f"{mount}/" for mount in mounts)) for path in paths)


def test_this_release_has_every_flag():
    kserve = load(SERVING / "kserve" / "inference_service.yaml")["spec"]["predictor"]["model"]
    compose = load(SERVING / "compose.yaml")["services"]["serving"]
    for words in (container()["args"], compose["command"], kserve["args"]):
        assert set(flags(words)) <= FLAGS
    assert container()["image"] == compose["image"] == tf_serving.IMAGE
    assert kserve["runtimeVersion"] == tf_serving.IMAGE.partition(":")[2]


def test_the_configuration_is_what_the_local_command_writes(tmp_path):
    tf_serving.write_config(tmp_path, 64, 2.0)
    assert (KUBERNETES / "monitoring.config").read_text() == (tmp_path / tf_serving.MONITORING_FILE).read_text()
    ours, local = ((folder / tf_serving.BATCHING_FILE).read_text().splitlines() for folder in (KUBERNETES, tmp_path))
    assert [line.partition(" ")[0] for line in ours] == [line.partition(" ")[0] for line in local]
    assert ours[:2] == local[:2]


def test_compose_mounts_what_it_names_and_listens_on_this_machine_alone():
    compose = load(SERVING / "compose.yaml")["services"]["serving"]
    assert all(port.startswith("127.0.0.1:") for port in compose["ports"])
    for volume in compose["volumes"]:
        source, _, target = volume.removesuffix(":ro").rpartition(":")
        if source.startswith("./"):
            assert (SERVING / source).is_file()
            assert any(target == value for value in flags(compose["command"]).values())


def test_pods_are_refused_nothing_that_a_restricted_namespace_wants():
    pod = load(KUBERNETES / "deployment.yaml")["spec"]["template"]["spec"]
    assert (
        pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    )
    assert not container()["securityContext"]["allowPrivilegeEscalation"]
    assert container()["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {"cpu", "memory"} <= set(container()["resources"]["requests"])
