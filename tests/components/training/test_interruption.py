import os
import signal
import threading

import numpy as np
import pytest
import tf_keras as keras

from components.errors import Terminated
from components.training.interruption import Interruption
from tests.components.training.small import train


def handlers():
    return [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_is_a_request_and_the_second_an_end(number):
    before = handlers()
    ends = pytest.raises((Terminated, KeyboardInterrupt), match="stopped at once, without saving")
    with ends, Interruption() as interruption:
        os.kill(os.getpid(), number)
        assert interruption.requested == number
        os.kill(os.getpid(), number)
    assert handlers() == before


def test_nothing_is_handled_outside_the_main_thread():
    requests = []

    def work():
        with Interruption() as interruption:
            requests.append(interruption.requested)

    before = handlers()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert requests == [None] and handlers() == before


@pytest.mark.slow
@pytest.mark.parametrize(("number", "ends_with"), [(signal.SIGTERM, Terminated), (signal.SIGINT, KeyboardInterrupt)])
@pytest.mark.parametrize(("step", "saved"), [(7, 8), (9, 10)])  # in the middle and at the end of an epoch
def test_training_saves_and_stops(tmp_path, number, ends_with, step, saved):
    class Signal(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.optimizer.iterations) == step + 1:
                os.kill(os.getpid(), number)

    before = handlers()
    with pytest.raises(ends_with, match=f"training: saved at step {saved}"):
        train(tmp_path, callbacks=[Signal()], minutes=60)
    assert handlers() == before
    _, history = train(tmp_path)
    np.testing.assert_allclose(history["loss"], train(None)[1]["loss"], rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("ends", ["epochs are over", "a callback ends it", "a callback ends it in an epoch"])
def test_a_signal_when_there_is_nothing_more_to_train_stops_what_would_come_next(tmp_path, ends):
    last = {"epochs are over": 20, "a callback ends it": 10, "a callback ends it in an epoch": 8}[ends]

    class End(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.optimizer.iterations) == last:
                self.model.stop_training = ends != "epochs are over"

    class Signal(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if int(self.model.optimizer.iterations) == last:
                os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Terminated, match=f"training: saved at step {last}"):
        train(tmp_path, callbacks=[End(), Signal()], minutes=60)
    _, history = train(tmp_path, callbacks=[Signal()])  # would kill if a step were done again
    np.testing.assert_allclose(history["loss"], train(None, callbacks=[End()])[1]["loss"], rtol=1e-5)


def test_terminated_ends_a_process_as_shells_expect():
    with pytest.raises(SystemExit) as error:
        raise Terminated("saved at step 3")
    assert error.value.code == 143
    assert str(error.value) == "saved at step 3"
