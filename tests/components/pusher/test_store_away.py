"""A store fails at any of its calls: what follows is the right answer or an error, never a wrong answer."""

import contextlib
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from components import files
from components.files import StoreError
from components.pusher.push import Withdrawn, list_versions, newest_other, newest_version, push, rollback
from components.pusher.push import withdrawn_models as withdrawn
from pipeline.pushed import print_versions
from tests.components.faulty_store import ERRORS, Faults, failing
from tests.components.pusher.written import write_model

FOR_GOOD = float("inf")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("モデル")
    return {
        name: str(write_model(folder / name, [number]))
        for number, name in enumerate(("good", "bad", "new", "candidate"))
    }


@pytest.fixture
def bucket(models: dict[str, str]) -> str:
    """Versions 100, 101 and 102; the model of 101 was rolled back from."""
    address = f"ram://{uuid.uuid4()}/京都"
    push(models["good"], address, clock=lambda: 100)
    push(models["bad"], address, clock=lambda: 101)
    rollback(address, clock=lambda: 102)
    return address


def asked(bucket: str, models: dict[str, str]) -> dict[str, tuple[Callable[[], object], object]]:
    """What only looks, with its right answer."""

    def push_bad() -> object:
        try:
            return push(models["bad"], bucket, clock=lambda: 200)
        except Withdrawn:
            return Withdrawn

    return {
        "list": (lambda: [version for version, _ in list_versions(bucket)], [100, 101, 102]),
        "last blessed": (lambda: newest_other(bucket, models["candidate"]), f"{bucket}/102"),
        "served": (lambda: newest_version(bucket), 102),
        "withdrawn": (lambda: len(withdrawn(bucket)), 1),
        "push of what was rolled back from": (push_bad, Withdrawn),
        "push of what is served": (lambda: push(models["good"], bucket, clock=lambda: 200).new, False),
    }


def calls(function: Callable[[], object]) -> int:
    """How many calls of the store it takes."""
    with failing(Faults()) as faults:
        function()
    return faults.count


def sweep(function: Callable[[], object], right: object, error: str, last: Callable[[int], float], step: int) -> int:
    """Fails each call in turn; returns how often that was an error."""
    raised = 0
    for first in range(1, calls(function) + 1, step):
        with failing(Faults(error, first, last(first))):
            try:
                assert function() == right, f"call {first} fails with {error}"
            except StoreError as said:
                raised += 1
                assert "ram://" in str(said)
    return raised


@pytest.mark.parametrize("error", ERRORS)
def test_what_asks_is_right_or_raises(bucket: str, models: dict[str, str], error: str) -> None:
    step = 1 if error in ("Unavailable", "PermissionDenied") else 5
    for function, right in asked(bucket, models).values():
        assert sweep(function, right, error, lambda first: FOR_GOOD, step) > 0


@pytest.mark.parametrize("error", ["Unavailable", "DeadlineExceeded", "Internal", "Aborted", "ResourceExhausted"])
def test_a_store_that_is_away_for_a_moment_is_asked_again(bucket: str, models: dict[str, str], error: str) -> None:
    for function, right in asked(bucket, models).values():
        assert sweep(function, right, error, lambda first: first, 3) == 0


def test_no_pause_without_end() -> None:
    with failing(Faults("Unavailable", 1, FOR_GOOD)) as faults, pytest.raises(StoreError) as raised:
        files.is_folder("ram://nowhere/x")
    assert (faults.count, raised.value.exit_code) == (4, 1)
    assert str(raised.value) == (
        "ram://nowhere/x cannot be reached: UNAVAILABLE: HTTP 503; the same command tries again"
    )


@pytest.mark.parametrize(
    ("error", "remedy", "code"),
    [
        ("PermissionDenied", "check network, credentials and bucket", 2),
        ("Unauthenticated", "check network, credentials and bucket", 2),
        ("InvalidArgument", "check the address", 2),
        ("Unimplemented", "install the package that brings it", 2),
        ("Unknown", "the same command tries again", 1),
    ],
)
def test_the_remedy_and_the_exit_code(error: str, remedy: str, code: int) -> None:
    with failing(Faults(error, 1, FOR_GOOD)), pytest.raises(StoreError, match=remedy) as raised:
        files.list_names("ram://nowhere/x")
    assert raised.value.exit_code == code


@pytest.mark.parametrize("error", ["Unavailable", "PermissionDenied"])
@pytest.mark.parametrize("for_good", [True, False])
def test_a_push_that_fails_leaves_no_wrong_version(models: dict[str, str], error: str, for_good: bool) -> None:
    def fresh() -> str:
        address = f"ram://{uuid.uuid4()}/京都"
        push(models["good"], address, clock=lambda: 100)
        push(models["bad"], address, clock=lambda: 101)
        return address

    def change(address: str) -> int:
        rollback(address, clock=lambda: 102)
        return push(models["new"], address, keep=2, clock=lambda: 103).version

    whole = fresh()
    count = calls(lambda: change(whole))
    assert [version for version, _ in list_versions(whole)] == [102, 103]
    for first in range(1, count + 1, 3):
        address = fresh()
        with failing(Faults(error, first, FOR_GOOD if for_good else first)), contextlib.suppress(StoreError):
            assert change(address) == 103
        found = [version for version, _ in list_versions(address)]
        assert found in ([100, 101], [100, 101, 102], [100, 101, 102, 103], [101, 102, 103], [102, 103]), first
        if found != [100, 101]:  # from then on the model that was rolled back from stays away
            with pytest.raises(Withdrawn):
                push(models["bad"], address, clock=lambda: 200)
        assert push(models["new"], address, clock=lambda: 201).version in (103, 201)
        assert newest_version(address) in (103, 201)


def test_the_list_says_that_a_bucket_is_away(bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    with failing(Faults("Unavailable", 1, FOR_GOOD)), pytest.raises(StoreError):
        print_versions(bucket)
    assert capsys.readouterr().out == ""
    print_versions(bucket)
    assert "102      served" in capsys.readouterr().out


def test_an_empty_placeholder_is_no_version(bucket: str) -> None:
    files.write_text(f"{bucket}/300/.keep", "")
    files.remove_file(f"{bucket}/300/.keep")
    assert newest_version(bucket) == 102


def test_patterns_are_matched_by_listing(tmp_path: Path) -> None:
    bucket = f"ram://patterns/{tmp_path.name}"
    for name in ("スパン-1/a.csv", "スパン-2/a.csv", "スパン-2/b.tsv", "other/a.csv"):
        files.write_text(f"{bucket}/{name}", "text")
    assert files.list_matches(f"{bucket}/スパン-*/*.csv") == [f"{bucket}/スパン-{n}/a.csv" for n in (1, 2)]
    assert files.list_matches(f"{bucket}/スパン-?") == [f"{bucket}/スパン-{n}" for n in (1, 2)]
    assert files.list_matches(f"{bucket}/*/b.tsv") == [f"{bucket}/スパン-2/b.tsv"]
    assert files.list_matches(f"{bucket}/スパン-3") == []
    assert files.list_files(bucket) == ["other/a.csv", "スパン-1/a.csv", "スパン-2/a.csv", "スパン-2/b.tsv"]
    with failing(Faults("Unavailable", 2, FOR_GOOD)), pytest.raises(StoreError):
        files.list_matches(f"{bucket}/スパン-*/*.csv")
