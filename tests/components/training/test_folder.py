import pytest

from components.training.folder import checkpoint_folder, forget_checkpoints

KEY = ('{"batch_size": 32}', "code", "examples", 1)


def test_each_try_of_the_same_training_finds_the_same_folder():
    assert checkpoint_folder("gs://b/Node/model/1", *KEY) == checkpoint_folder("gs://b/Node/model_run/22/", *KEY)


@pytest.mark.parametrize("place", range(len(KEY)))
def test_anything_else_is_another_training(place):
    other = [*KEY[:place], "other", *KEY[place + 1 :]]
    assert checkpoint_folder("/Node/model/1", *KEY) != checkpoint_folder("/Node/model/1", *other)


def test_parts_do_not_run_into_each_other():
    assert checkpoint_folder("/Node/model/1", "ab", "c") != checkpoint_folder("/Node/model/1", "a", "bc")


def test_a_node_that_succeeded_keeps_no_checkpoint(tmp_path):
    output = tmp_path / "Node" / "model" / "1"
    output.mkdir(parents=True)
    forget_checkpoints(str(output))
    for key in ("this", "another"):
        folder = checkpoint_folder(str(output), key)
        assert folder.startswith(str(tmp_path / "Node"))
        (output.parents[1] / folder).mkdir(parents=True)
    forget_checkpoints(str(output))
    assert [path.name for path in (tmp_path / "Node").iterdir()] == ["model"]
