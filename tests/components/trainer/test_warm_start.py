"""A classifier that begins with what another has learned."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tf_keras
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.feature_gen.encoder import load_encoder
from components.trainer.config import TrainerConfig
from components.trainer.export import TextClassifier, export
from components.trainer.head import build_head
from components.trainer.training import train_head
from components.trainer.warm_start import (
    ORIGIN_FILE,
    Origin,
    WarmStart,
    backbone_digest,
    digest_of,
    read_origin,
    write_origin,
)
from tests.components import tiny
from tests.components.trainer.features import make_set

pytestmark = pytest.mark.slow

LABELS = ["京都", "グルメ", "phone"]
FEATURES = np.random.default_rng(0).normal(size=(64, tiny.WIDTH)).astype(np.float32)


def origin_of(backbone: Path) -> Origin:
    return Origin(backbone_digest(str(backbone)), "other rows", "settings")


def new_head(labels: int, seed: int, **changes) -> tf_keras.Model:
    tf_keras.utils.set_random_seed(seed)
    return build_head(FEATURES, labels, TrainerConfig(**{"hidden_units": 8, **changes}))


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> tuple[Path, Path, tf_keras.Model, list[np.ndarray]]:
    """An exported classifier whose encoder was trained on, its backbone, its head and the encoder's weights."""
    folder = tmp_path_factory.mktemp("served")
    backbone = tiny.write_backbone(folder / "backbone")
    encoder, head = load_encoder(backbone), new_head(3, seed=1)
    encoder.set_weights([weight + 0.5 for weight in encoder.get_weights()])
    export(TextClassifier(tiny.CharacterGraph(), encoder, head, LABELS, "mean", 24), LABELS, folder / "model")
    write_origin(folder / "model", Origin(backbone_digest(str(backbone)), "rows", "settings"))
    return folder / "model", backbone, head, encoder.get_weights()


def test_the_same_labels(served) -> None:
    model, backbone, head, _ = served
    warm_start, begun = WarmStart(str(model), origin_of(backbone)), new_head(3, seed=2)

    warm_start.begin_head(begun, LABELS)

    for old, new in zip(head.get_weights(), begun.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert warm_start.summary() == {"model": str(model), "head": "taken"}


def test_labels_come_go_and_change_places(served) -> None:
    model, backbone, head, _ = served
    fresh, begun = new_head(4, seed=2), new_head(4, seed=2)

    warm_start = WarmStart(str(model), origin_of(backbone))
    warm_start.begin_head(begun, ["新着", "phone", "京都", "旅"])

    *old, kernel, bias = head.get_weights()
    *new, new_kernel, new_bias = begun.get_weights()
    for one, other in zip(old, new, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(new_kernel[:, 1:3], kernel[:, [2, 0]])
    np.testing.assert_array_equal(new_bias[1:3], bias[[2, 0]])
    np.testing.assert_array_equal(new_kernel[:, [0, 3]], fresh.get_weights()[-2][:, [0, 3]])
    assert warm_start.summary() == {
        "model": str(model),
        "head": "taken",
        "labels_begun_anew": ["新着", "旅"],
        "labels_left_out": ["グルメ"],
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(labels=st.lists(st.sampled_from([*LABELS, "新着", "旅", "ｐｈｏｎｅ", "Phone"]), min_size=2, unique=True))
def test_every_label_gets_its_own_weights_and_a_new_one_none(served, labels: list[str]) -> None:
    model, backbone, head, _ = served
    fresh, begun = new_head(len(labels), seed=2), new_head(len(labels), seed=2)

    warm_start = WarmStart(str(model), origin_of(backbone))
    warm_start.begin_head(begun, labels)

    for old, new, random in zip(*(one.get_weights()[-2:] for one in (head, begun, fresh)), strict=True):
        for number, label in enumerate(labels):
            expected = old[..., LABELS.index(label)] if label in LABELS else random[..., number]
            np.testing.assert_array_equal(new[..., number], expected)
    summary = warm_start.summary()
    assert summary.get("labels_begun_anew", []) == [label for label in labels if label not in LABELS]
    assert summary.get("labels_left_out", []) == [label for label in LABELS if label not in labels]


def test_encoder_and_head_together(served) -> None:
    model, backbone, head, tuned = served
    encoder, begun = load_encoder(backbone), new_head(3, seed=2)

    assert WarmStart(str(model), origin_of(backbone)).begin_both(encoder, begun, LABELS)

    for old, new in zip([*tuned, *head.get_weights()], [*encoder.get_weights(), *begun.get_weights()], strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    "other, changes, why",
    [
        ({"backbone": "another"}, {}, "it came from another backbone"),
        (
            {"sources": "of another seed"},
            {},
            "its rows were read with other settings, so it may have learned what this one is judged on",
        ),
        ({}, {"hidden_units": 9}, "its head has another shape"),
        ({}, {"hidden_units": None}, "its head has another shape"),
    ],
)
def test_what_does_not_fit_is_left(served, other, changes, why) -> None:
    model, backbone, _, _ = served
    warm_start = WarmStart(str(model), replace(origin_of(backbone), **other))
    encoder, begun = load_encoder(backbone), new_head(3, seed=2, **changes)

    warm_start.begin_head(begun, LABELS)
    assert not warm_start.begin_both(encoder, begun, LABELS)

    fresh = [*load_encoder(backbone).get_weights(), *new_head(3, seed=2, **changes).get_weights()]
    for one, other in zip([*encoder.get_weights(), *begun.get_weights()], fresh, strict=True):
        np.testing.assert_array_equal(one, other)
    assert "labels_begun_anew" not in warm_start.summary()
    assert warm_start.summary()["head"] == f"begun anew: {why}" and warm_start.summary()["encoder"].startswith(
        "begun anew: "
    )


def test_a_model_that_does_not_say_where_it_came_from(served, tmp_path: Path) -> None:
    model, backbone, _, _ = served
    digest_file = model / ORIGIN_FILE
    kept = digest_file.read_text(encoding="utf-8")
    digest_file.unlink()
    assert read_origin(model) == Origin()
    warm_start = WarmStart(str(model), origin_of(backbone))
    warm_start.begin_head(new_head(3, seed=2), LABELS)
    digest_file.write_text(kept, encoding="utf-8")

    assert warm_start.summary()["head"] == "begun anew: it came from another backbone"


def test_the_same_rows_have_the_same_digest() -> None:
    labels = np.arange(64) % 3
    data = make_set(FEATURES, labels)
    assert digest_of(data) == digest_of(data.take(np.arange(64)[::-1]))
    assert digest_of(data) != digest_of(data.take(np.arange(63)))
    assert digest_of(data) != digest_of(make_set(FEATURES, (labels + 1) % 3))


def test_training_goes_on_where_it_ended(served) -> None:
    model, backbone, head, _ = served
    import tensorflow as tf

    data = make_set(FEATURES, np.argmax(head(FEATURES), axis=1))  # what the old head says is right
    config = TrainerConfig(hidden_units=8, epochs=1, learning_rate=1e-6, validation_share=0.3, dropout=0)

    def loss(warm_start: WarmStart | None) -> float:
        return train_head(data, LABELS, config, tf.distribute.get_strategy(), None, warm_start).history["val_loss"][0]

    assert loss(WarmStart(str(model), origin_of(backbone))) < loss(None) / 1.5
