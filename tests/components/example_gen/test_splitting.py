from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.example_gen.splitting import choose_eval, digest, even_shares, is_eval, newest_first, quotas, rarest

LABELS = st.sampled_from(["グルメ", "携帯電話", "京都", "スポーツ", "sci.med"])
COUNTS = st.dictionaries(LABELS, st.integers(1, 200), min_size=1)
SHARES = st.floats(0, 0.99).map(lambda share: round(share, 3))


def test_rarest() -> None:
    counts = {"京都": 2, "b": 1, "a": 1}
    assert [rarest(labels, counts) for labels in (("京都", "b"), ("b", "a"), ("京都",), ())] == ["b", "a", "京都", ""]


def rounded(share: float, total: int) -> int:
    return int(Fraction(str(share)) * total + Fraction(1, 2))


def test_digest_is_the_start_of_sha256() -> None:
    assert digest("").hex() == "e3b0c44298fc1c149afbf4c8996fb924"
    assert digest("京都", seed=1) == digest("1:京都")
    assert digest("京都", seed=1) != digest("京都", seed=2)


def test_hash_split_is_near_its_share_and_depends_on_the_seed() -> None:
    chosen = [{i for i in range(10_000) if is_eval(digest(f"file:{i}", seed), 0.2)} for seed in (0, 1)]
    assert all(1_880 < len(rows) < 2_120 for rows in chosen)  # three standard deviations
    assert chosen[0] != chosen[1]
    assert not any(is_eval(digest(f"file:{i}", 0), 0.0) for i in range(1000))


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [
        ({"a": 10, "b": 10}, 0.1, {"a": 1, "b": 1}),
        ({"a": 15, "b": 13, "c": 7}, 0.1, {"a": 2, "b": 1, "c": 1}),  # 1.5, 1.3, 0.7 of 3.5, which rounds to 4
        ({"a": 1, "b": 99}, 0.5, {"a": 0, "b": 50}),  # the only row of a stays
        ({name: 5 for name in "abcd"}, 0.1, {"a": 0, "b": 0, "c": 1, "d": 1}),  # SHA-256: d 18, c 2e, b 3e, a ca
        ({"a": 3, "b": 3, "c": 3}, 0.0, {"a": 0, "b": 0, "c": 0}),
        ({"グルメ": 799, "携帯電話": 1150, "京都": 1348, "スポーツ": 470}, 0.1, None),
    ],
)
def test_quotas(counts: dict[str, int], share: float, expected: dict[str, int] | None) -> None:
    # KNBC: 79.9, 115.0, 134.8 and 47.0 of 376.7
    assert quotas(counts, share) == (expected or {"グルメ": 80, "携帯電話": 115, "京都": 135, "スポーツ": 47})


@settings(deadline=None)
@given(COUNTS, SHARES)
def test_quotas_are_exact(counts: dict[str, int], share: float) -> None:
    chosen = quotas(counts, share)
    assert chosen.keys() == counts.keys()
    for label, count in counts.items():
        assert chosen[label] - share * count < 1 + 1e-9
        assert share * count - chosen[label] < 1 + 1e-9
        assert chosen[label] < count
    wanted = rounded(share, sum(counts.values()))
    assert sum(chosen.values()) <= wanted
    if all(count > 1 / (1 - share) for count in counts.values()):  # no label is down to its last row
        assert sum(chosen.values()) == wanted


@settings(deadline=None)
@given(COUNTS, SHARES, st.integers(0, 9), st.randoms(use_true_random=False))
def test_stratified_rows(counts: dict[str, int], share: float, seed: int, random: object) -> None:
    rows = [(digest(f"{label}:{i}", seed), label) for label, count in counts.items() for i in range(count)]
    chosen = choose_eval(rows, share)
    assert Counter(label for unit, label in rows if unit in chosen) == Counter(
        {label: quota for label, quota in quotas(counts, share).items() if quota}
    )
    random.shuffle(rows)  # type: ignore[attr-defined]
    assert choose_eval(rows, share) == chosen


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_newest_first_sorts_by_the_number(numbers: list[float]) -> None:
    assert sorted(numbers, key=lambda number: newest_first(number, digest(""))) == sorted(numbers, reverse=True)
    assert {len(newest_first(number, digest("京都"))) for number in numbers} <= {16}
    assert newest_first(1.0, digest("a")) != newest_first(1.0, digest("b"))


GROUPS = st.dictionaries(st.integers(0, 60), st.tuples(LABELS, st.integers(1, 9)), min_size=1)


@settings(deadline=None)
@given(GROUPS, SHARES)
def test_stratified_groups(groups: dict[int, tuple[str, int]], share: float) -> None:
    rows = [(digest(f"KN{number:03}"), label) for number, (label, size) in groups.items() for _ in range(size)]
    chosen = choose_eval(rows, share)
    assert chosen <= {unit for unit, _ in rows}
    sizes = Counter(label for _, label in rows)
    taken = Counter(label for unit, label in rows if unit in chosen)
    for label, quota in quotas(sizes, share).items():
        largest = max(size for name, size in groups.values() if name == label)
        assert taken[label] - quota <= largest / 2
        assert {unit for unit, name in rows if name == label} - chosen  # one group at least stays in train
        several = sum(name == label for name, _ in groups.values()) > 1
        if several and 2 * largest <= sizes[label] - quota:
            assert quota - taken[label] <= largest / 2


def test_a_group_counts_for_its_most_frequent_label() -> None:
    mixed = [(digest("mixed"), label) for label in "aab"]
    rows = mixed + [(digest(f"{label}{i}"), label) for label in "ab" for i in range(20)]
    chosen = choose_eval(rows, 0.5)
    taken = Counter(label for unit, label in rows if unit in chosen and unit != digest("mixed"))
    assert taken["b"] == 10  # half of the 20 that are no part of the mixed group
    assert taken["a"] + 3 * (digest("mixed") in chosen) in (11, 12)  # half of 23


@pytest.mark.parametrize(
    ("counts", "limit", "expected"),
    [
        ({"a": 100, "b": 100, "c": 100, "d": 100}, 10, {"a": 3, "b": 3, "c": 2, "d": 2}),
        ({"a": 2, "b": 50, "c": 90}, 20, {"a": 2, "b": 9, "c": 9}),
        ({"a": 2, "b": 3}, 20, {"a": 2, "b": 3}),
        ({"": 500}, 20, {"": 20}),
        ({"a": 5, "b": 5, "c": 5}, 2, {"a": 1, "b": 1, "c": 0}),
    ],
)
def test_even_shares(counts: dict[str, int], limit: int, expected: dict[str, int]) -> None:
    assert even_shares(counts, limit) == expected


@settings(deadline=None)
@given(COUNTS, st.integers(1, 500))
def test_even_shares_use_the_whole_limit(counts: dict[str, int], limit: int) -> None:
    shares = even_shares(counts, limit)
    assert sum(shares.values()) == min(limit, sum(counts.values()))
    cut = [label for label in counts if shares[label] < counts[label]]
    assert all(shares[label] <= min(shares[other] for other in cut) + 1 for label in shares if cut)
