"""What a graph is said to take, beside the buffers that XLA really makes for it."""

import pytest
import tensorflow as tf

from components.autograph import leave_libraries_alone
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.masking import Vocabulary
from components.pretrainer.model import MaskedLanguageModel, build_network
from components.training.arithmetic import keras_precision
from components.training.dropout import seed_dropout
from components.training.footprint import peak_bytes
from components.training.id_checks import drop_id_checks
from components.training.parts import rough_bytes, trace_rows

KB = 1000
ROWS, LENGTH, SLOTS = 8, 128, 20
VOCABULARY = Vocabulary(size=500, pad_id=0, cls_id=2, mask_id=4, special_ids=(0, 1, 2, 3, 4))


def graph_of(function, *shapes):
    return tf.function(function).get_concrete_function(*[tf.TensorSpec(shape) for shape in shapes]).graph


def test_a_tensor_lives_until_it_is_read_for_the_last_time():
    def chain(x):
        for _ in range(5):
            x = tf.exp(x)
        return x

    def fan(x):
        made = [tf.exp(x + number) for number in range(5)]
        return tf.add_n(made)

    assert peak_bytes(graph_of(chain, [250])) == 2 * KB  # what is read, and what is made of it
    assert peak_bytes(graph_of(fan, [250])) == 6 * KB


def test_views_and_variables_take_nothing():
    weights = tf.Variable(tf.ones([250]))
    assert peak_bytes(graph_of(lambda: tf.reshape(tf.identity(weights), [50, 5]))) == 0


def test_the_functions_that_a_graph_calls():
    inner = tf.function(lambda x: tf.add_n([tf.exp(x + number) for number in range(5)]))
    assert peak_bytes(graph_of(lambda x: inner(x), [250])) >= 6 * KB
    loop = graph_of(lambda x: tf.while_loop(lambda i, _: i < 3, lambda i, y: (i + 1, inner(y)), (0, x))[1], [250])
    assert peak_bytes(loop) >= 6 * KB


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["bert", "distilbert", "electra", "deberta-v2"])
def test_families(architecture):
    """Between nine tenths of XLA's buffers and twice as much; the rough bound is above both."""
    hlo_pb2 = pytest.importorskip("tensorflow.compiler.xla.service.hlo_pb2")
    config = PretrainerConfig(
        architecture=architecture,
        hidden_size=64,
        layers=2,
        heads=4,
        intermediate_size=256,
        block_length=LENGTH,
        epochs=1,
    )
    leave_libraries_alone()
    with keras_precision("bfloat16"):
        network = build_network(config, VOCABULARY)
    model = MaskedLanguageModel(network)
    seed_dropout(model, 0)
    drop_id_checks()
    model.compile()
    ids, slots = tf.TensorSpec([1, LENGTH], tf.int32), tf.TensorSpec([1, SLOTS], tf.int32)
    batch = dict.fromkeys(("input_ids", "text_ids", "position_ids"), ids) | dict.fromkeys(
        ("positions", "labels"), slots
    )
    batch["weights"] = tf.TensorSpec([1, SLOTS], tf.float32)

    def compute(part):
        return model.gradients_and_sums(part, tf.constant(1.0))

    estimate = peak_bytes(trace_rows(compute, batch, ROWS, tf.distribute.get_strategy()))
    values = {name: tf.zeros([ROWS, *spec.shape[1:]], spec.dtype) for name, spec in batch.items()}
    compiled = tf.function(compute, autograph=False, jit_compile=True)
    proto = hlo_pb2.HloProto.FromString(
        compiled.experimental_get_compiler_ir(values)(stage="optimized_hlo_proto_serialized")
    )
    weights = sum(4 * variable.shape.num_elements() for variable in model.trainable_variables)
    buffers = sum(
        one.size for one in proto.buffer_assignment.buffer_allocations if not one.is_entry_computation_parameter
    )
    assert 0.9 * buffers < estimate < 2 * buffers
    assert rough_bytes(network.config, ROWS, LENGTH, SLOTS) + weights > max(estimate, buffers)
