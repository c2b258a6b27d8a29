"""The rules for signatures and answers, on arrays."""

import numpy as np

from components.servable_check import rules
from components.servable_check.rules import RULES, Spec

CLASSIFIER = RULES["serving_default"]


def _answer(probabilities: list[list[float]], names: list[bytes]) -> dict[str, np.ndarray]:
    values = np.array(probabilities, np.float32)
    best = values.argmax(axis=1)
    return {
        "label": np.array([names[i] for i in best], dtype=object),
        "score": values.max(axis=1),
        "labels": np.array([names] * len(values), dtype=object),
        "probabilities": values,
    }


def test_a_tensor_fits_where_both_give_a_size() -> None:
    wanted = Spec("string", (None, 5))
    assert Spec("string", (None, 5)).fits(wanted)
    assert Spec("string", (None, None)).fits(wanted)
    assert Spec("string", None).fits(wanted)
    assert not Spec("string", (None, 4)).fits(wanted)
    assert not Spec("string", (None,)).fits(wanted)
    assert not Spec("float32", (None, 5)).fits(wanted)


def test_a_fixed_batch_does_not_fit() -> None:
    assert not Spec("string", (1,)).fits(Spec("string", (None,)))


def test_signature_failures_name_the_tensor_and_both_types() -> None:
    outputs = {**CLASSIFIER.outputs, "score": Spec("float64", (None, 1))}
    del outputs["label"]
    failures = rules.signature_failures(
        "serving_default", CLASSIFIER, {"examples": Spec("string", (None,))}, outputs, rules.PREDICT_METHOD
    )
    assert failures == [
        "serving_default: takes ['examples'], must take ['text']",
        "serving_default: has no output 'label'",
        "serving_default: output 'score' is float64[N, 1], must be float32[N]",
    ]


def test_a_sound_answer_has_no_failures() -> None:
    assert rules.classifier_failures(_answer([[0.25, 0.75], [1.0, 0.0]], ["京都".encode(), b"b"]), 2) == []


def test_probabilities_must_sum_to_one() -> None:
    (failure,) = rules.classifier_failures(_answer([[0.5, 0.75]], [b"a", b"b"]), 1)
    assert failure == "probabilities are no distribution: a sum is off by 0.25"


def test_not_a_number_is_found() -> None:
    assert rules.classifier_failures(_answer([[float("nan"), 0.5]], [b"a", b"b"]), 1) == [
        "probabilities are not finite"
    ]


def test_label_must_be_the_most_probable_one() -> None:
    outputs = _answer([[0.25, 0.75]], [b"a", b"b"])
    outputs["label"] = np.array([b"a"], dtype=object)
    assert rules.classifier_failures(outputs, 1) == ["label and score are not those of the highest probability"]


def test_labels_must_be_distinct_and_utf8() -> None:
    failures = rules.classifier_failures(_answer([[0.25, 0.75]], [b"\xff", b"\xff"]), 1)
    assert failures == [
        r"labels hold b'\xff', which is not UTF-8",
        "labels are not distinct, or not the same in every row",
    ]


def test_a_lost_row_is_found() -> None:
    (failure,) = rules.classifier_failures(_answer([[0.25, 0.75]], [b"a", b"b"]), 2)
    assert failure == "labels (1, 2) and probabilities (1, 2), must be (2, K)"


def test_fill_mask_scores_must_fall() -> None:
    outputs = {
        "tokens": np.array([[b"a", b"b", b"c", b"d", b"e"]], dtype=object),
        "scores": np.array([[0.5, 0.2, 0.3, 0.1, 0.0]], np.float32),
    }
    assert rules.fill_mask_failures(outputs, 1) == ["scores do not fall from the first token to the last"]
    outputs["scores"] = np.array([[0.5, 0.3, 0.2, 0.1, 0.1]], np.float32)
    assert rules.fill_mask_failures(outputs, 1) == []
    (failure,) = rules.fill_mask_failures({key: value[:, :3] for key, value in outputs.items()}, 1)
    assert failure == "tokens (1, 3) and scores (1, 3), must be (1, 5)"


def test_tokens_must_end_where_length_says() -> None:
    outputs = {
        "cleaned": np.array(["京都".encode()], dtype=object),
        "ids": np.array([[2, 7, 3, 0]], np.int32),
        "pieces": np.array([[b"[CLS]", "京".encode(), b"[SEP]", b""]], dtype=object),
        "length": np.array([3], np.int32),
    }
    assert rules.tokenize_failures(outputs, 1) == []
    assert rules.tokenize_failures(outputs | {"length": np.array([2], np.int32)}, 1) == [
        "pieces do not end where length says"
    ]
    assert rules.tokenize_failures(outputs, 2) == ["ids (1, 4), pieces (1, 4) and length (1,), must be (2, L) and (2,)"]


def test_batch_failures_name_the_text_that_changes() -> None:
    alone = {key: _answer([[0.25, 0.75]], [b"a", b"b"]) for key in ("empty", "Japanese")}
    together = _answer([[0.25, 0.75], [0.5, 0.5]], [b"a", b"b"])
    (failure,) = rules.batch_failures("serving_default", CLASSIFIER, alone, together, ["empty", "Japanese"])
    assert failure == ("serving_default: Japanese text: probabilities differ by 0.25 between a batch of 1 and of 2")


def test_several_labels_need_not_sum_to_one() -> None:
    answer = _answer([[0.5, 0.75], [0.1, 0.0]], ["京都".encode(), b"b"])
    assert rules.classifier_failures({**answer, "chosen": answer["probabilities"] >= 0.5}, 2) == []


def test_chosen_labels_are_the_more_probable_ones() -> None:
    answer = _answer([[0.5, 0.75], [0.9, 0.0]], [b"a", b"b"])
    assert rules.classifier_failures({**answer, "chosen": np.array([[True, False], [False, False]])}, 2) == [
        "a label is chosen that is less probable than one that is not"
    ]
    assert rules.classifier_failures({**answer, "chosen": np.array([True, False])}, 2) == [
        "chosen is bool (2,), must be bool (2, 2)"
    ]
    answer["probabilities"] += 0.5
    answer["score"] += 0.5
    assert rules.classifier_failures({**answer, "chosen": answer["probabilities"] >= 0.5}, 2) == [
        "probabilities are not all between 0 and 1"
    ]
