"""Bounds of names: what is too long is called long, and what has a wrong letter is told by its alphabet."""

import pytest

from pipeline import names
from pipeline.names import Form, label_key_problem

FORMS = {name: form for name, form in vars(names).items() if isinstance(form, Form)}


@pytest.mark.parametrize("name", FORMS)
def test_the_length_is_said_as_a_number(name: str) -> None:
    form = FORMS[name]
    problem = form.problem("a" * (form.most + 1))
    assert problem is not None
    assert problem.endswith(f"has {form.most + 1} characters: {form.most} are the most") and len(problem) < 150


@pytest.mark.parametrize("name", FORMS)
def test_the_alphabet_is_said_in_words(name: str) -> None:
    form = FORMS[name]
    for text in ("京都 kyoto", "a\nb!", "-&-"):
        assert form.problem(text) == f"{text!r}: {form.words}"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (names.PIPELINE, "A-b_3"),
        (names.VERTEX_PIPELINE, "a" * 113),
        (names.LABEL_KEY, "team"),
        (names.LABEL_VALUE, ""),
        (names.KUBERNETES_VALUE, ""),
        (names.KUBERNETES_NAME, "gpu.Type_1-x"),
        (names.BUCKET, "my-bucket.example_1"),
        (names.IMAGE, "image"),
        (names.IMAGE, "localhost:5000/a/b__c:v1.2"),
        (names.IMAGE, f"ghcr.io/me/tfx-bert@sha256:{'0' * 64}"),
        (names.PROJECT, "example.com:my-project"),
        (names.PROJECT, "1234567"),
        (names.REGION, "asia-northeast1"),
        (names.MACHINE_TYPE, "ct5lp-hightpu-4t"),
        (names.TPU_TOPOLOGY, "2x2x4"),
    ],
)
def test_names_that_are_right(form: Form, text: str) -> None:
    assert form.problem(text) is None


def test_keys_of_labels_with_a_domain() -> None:
    assert label_key_problem("nvidia.com/gpu") is label_key_problem("gpu") is None
    assert "what is before the / is a domain" in str(label_key_problem("Nvidia/gpu"))
    assert "has 0 characters: 1 are the least" in str(label_key_problem("/gpu"))
    assert "64 characters: 63 are the most" in str(label_key_problem(f"nvidia.com/{'a' * 64}"))
