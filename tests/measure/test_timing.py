"""Timing keeps every sample, takes turns, and keeps cold apart from warm."""

import statistics
import time

import pytest

from sosclib.measure.timing import Contender, Timings, compare


def own(seconds):
    """A contender's action that measures itself, so that a test knows what must come out."""
    supply = iter(seconds)
    return lambda: next(supply)


def test_every_sample_is_kept_and_cold_ones_are_apart():
    timings = compare(
        {"one": own([9.0, 1.0, 2.0, 6.0]), "two": own([8.0, 3.0, 3.0, 3.0])}, repeats=3, warmup=1
    )
    assert timings.seconds("one", "cold") == [9.0]
    assert timings.seconds("one") == [1.0, 2.0, 6.0]
    assert len(timings.samples) == 8
    assert list(timings.samples.columns) == ["contender", "phase", "round", "place", "seconds"]


def test_summary_is_about_warm_samples():
    summary = compare({"one": own([100.0, 1.0, 2.0, 3.0, 4.0, 10.0])}, repeats=5).summary().loc["one"]
    assert (summary["median"], summary["q1"], summary["q3"], summary["iqr"]) == (3.0, 2.0, 4.0, 2.0)
    assert (summary["min"], summary["max"], summary["n"], summary["cold"]) == (1.0, 10.0, 5, 100.0)


def test_a_single_sample_has_no_spread():
    summary = compare({"one": own([2.5])}, repeats=1, warmup=0).summary().loc["one"]
    assert (summary["median"], summary["iqr"], summary["n"]) == (2.5, 0.0, 1)


def test_contenders_take_turns_in_an_order_that_a_seed_repeats():
    def orders(seed):
        seen = []
        actions = {name: lambda name=name: seen.append(name) for name in "abcde"}
        compare(actions, repeats=20, warmup=0, seed=seed)
        return ["".join(seen[i : i + 5]) for i in range(0, 100, 5)]

    first = orders(7)
    assert all(sorted(one) == list("abcde") for one in first), "each round has every contender once"
    assert len(set(first)) > 5, "the order differs from round to round"
    assert orders(7) == first
    assert orders(8) != first


def test_the_drawn_seed_is_kept():
    actions = {name: (lambda: 1.0) for name in "abcdefgh"}
    drawn = compare(actions, repeats=10)
    again = compare(actions, repeats=10, seed=drawn.seed)
    assert drawn == again


def test_an_expensive_contender_has_fewer_samples_spread_over_the_rounds():
    dear = Contender("dear", lambda: 1.0, repeats=3)
    timings = compare([Contender("cheap", lambda: 1.0), dear], repeats=9, warmup=1)
    rounds = [s.round for s in timings.measured if s.contender == "dear" and s.phase == "warm"]
    assert rounds == [3, 6, 9]
    assert len(timings.seconds("dear", "cold")) == 1
    assert len(timings.seconds("cheap")) == 9


def test_ratio_pairs_samples_of_one_round():
    """A load that triples over the rounds changes both medians, and not the ratio within each round."""
    timings = compare({"slow": own([2.0, 20.0, 200.0]), "fast": own([1.0, 10.0, 100.0])}, repeats=3, warmup=0)
    assert timings.ratio("slow", to="fast") == 2.0


def test_a_call_is_timed_from_outside():
    timings = compare({"sleep": lambda: time.sleep(0.02), "nothing": lambda: None}, repeats=5)
    assert min(timings.seconds("sleep")) >= 0.02
    assert timings.median("nothing") < timings.median("sleep")
    assert timings.median("sleep") == statistics.median(timings.seconds("sleep"))


def test_a_truth_value_is_no_measurement():
    timings = compare({"says yes": lambda: time.sleep(0.01) is None}, repeats=1, warmup=0)
    assert 0.01 <= timings.seconds("says yes")[0] < 1.0


def test_what_a_contender_raises_is_not_swallowed():
    def fail():
        raise RuntimeError("no such thing")

    with pytest.raises(RuntimeError, match="no such thing"):
        compare({"fails": fail})


def test_events_are_named_in_words():
    timings = compare([Contender("a", lambda: 1.0, start="power-on", end="power-off")], repeats=1)
    assert timings.summary().loc["a", ["start", "end"]].tolist() == ["power-on", "power-off"]
    assert isinstance(timings, Timings)
    with pytest.raises(AttributeError):
        timings.seed = 3


def test_timings_that_ran_apart_can_be_joined():
    here, there = (
        compare({"a": own([1.0])}, repeats=1, warmup=0),
        compare({"b": own([2.0]), "c": own([3.0])}, repeats=1, warmup=0),
    )
    both = here.joined(there, ("c",))
    assert both.contenders == ("a", "c")
    assert both.seconds("c") == [3.0] and both.seed == here.seed
