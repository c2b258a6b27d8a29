import pytest
import tensorflow as tf
import tf_keras as keras

from components.training import arithmetic
from components.training.arithmetic import choose_precision, choose_xla, cpu_flags, keras_precision

ONE_DEVICE = tf.distribute.get_strategy()


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_what_is_asked_for_is_taken(precision):
    assert choose_precision(precision, ONE_DEVICE) == precision


@pytest.mark.parametrize(
    ("flags", "precision"),
    [("fpu avx512f avx512_bf16", "bfloat16"), ("fpu amx_bf16", "bfloat16"), ("fpu avx512f avx2", "float32")],
)
def test_auto_asks_the_cpu(flags, precision, tmp_path, monkeypatch):
    file = tmp_path / "cpuinfo"
    file.write_text(f"processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: {flags}\n\nprocessor\t: 1\nflags\t\t: other\n")
    monkeypatch.setattr(arithmetic, "CPU_INFO", file)
    assert choose_precision("auto", ONE_DEVICE) == precision


def test_a_machine_that_does_not_say_has_no_flags(tmp_path, monkeypatch):
    monkeypatch.setattr(arithmetic, "CPU_INFO", tmp_path / "none")
    assert cpu_flags() == set()
    assert choose_precision("auto", ONE_DEVICE) == "float32"


def test_xla_is_taken_where_it_is_faster():
    chosen = [choose_xla(None, precision, ONE_DEVICE) for precision in ("float32", "bfloat16", "float16")]
    assert chosen == [False, True, True]
    assert choose_xla(True, "float32", ONE_DEVICE) and not choose_xla(False, "bfloat16", ONE_DEVICE)


def test_the_arithmetic_is_set_for_a_block():
    with keras_precision("bfloat16"):
        assert keras.layers.Dense(1).compute_dtype == "bfloat16"
        assert keras.layers.Dense(1).variable_dtype == "float32"
    assert keras.layers.Dense(1).compute_dtype == "float32"
