"""Shards: nothing lost, nothing twice, about as long as each other, always the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workspace.ci.shards import UNKNOWN_SECONDS, split

durations = st.dictionaries(
    st.text("abc/", min_size=1, max_size=5), st.floats(0.01, 900), min_size=1, max_size=40
)


@given(durations, st.floats(1, 300), st.integers(1, 9))
def test_every_test_is_in_one_shard(known: dict[str, float], goal: float, most: int) -> None:
    shards = split(known, known, goal=goal, most=most)
    assert sorted(test for shard in shards for test in shard.tests) == sorted(known)
    assert len(shards) <= most
    assert all(shard.tests for shard in shards)


@given(durations, st.integers(1, 9))
def test_no_shard_is_longer_than_the_mean_and_one_test(known: dict[str, float], most: int) -> None:
    shards = split(known, known, goal=1, most=most)
    mean = sum(known.values()) / len(shards)
    assert max(shard.seconds for shard in shards) <= mean + max(known.values()) + 1e-6


@given(durations, st.randoms())
def test_the_order_in_which_tests_are_given_does_not_matter(
    known: dict[str, float], random: object
) -> None:
    names = [*known]
    random.shuffle(names)  # type: ignore[attr-defined]
    assert split(names, known, goal=60, most=4) == split(known, known, goal=60, most=4)


def test_a_test_without_a_record_counts_as_the_median() -> None:
    (shard,) = split(["a", "b", "new"], {"a": 2.0, "b": 4.0}, goal=60, most=4)
    assert shard.seconds == 9.0
    (shard,) = split(["new"], {}, goal=60, most=4)
    assert shard.seconds == UNKNOWN_SECONDS


def test_no_tests_make_no_shards() -> None:
    assert split([], {}, goal=60, most=4) == []


def test_one_long_test_has_a_shard_to_itself() -> None:
    known = {"long": 100.0, "a": 30.0, "b": 30.0, "c": 30.0}
    assert [shard.tests for shard in split(known, known, goal=100, most=8)] == [
        ("long",),
        ("a", "b", "c"),
    ] or [shard.tests for shard in split(known, known, goal=100, most=2)] == [
        ("long",),
        ("a", "b", "c"),
    ]
