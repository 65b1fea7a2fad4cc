"""Several clients at once, and pages in turns: asked of real servers."""

import time

import pytest

from sosclib.lab.errors import LabError
from sosclib.measure.crowd import ask_at_once, crowds, per_second, time_pages
from sosclib.measure.traffic import Answer, frame_of
from tests.measure.test_traffic import serving


def test_clients_ask_at_once_and_share_the_requests():
    with serving(lambda _: (200, 0.5)) as url:
        begin = time.monotonic()
        data = ask_at_once(url, clients=4, requests=8)
        took = time.monotonic() - begin
    assert len(data) == 8 and (data["error"] == "").all() and data["at"].is_monotonic_increasing
    assert took < data["seconds"].sum() / 2, "one after the other they would take four times as long"


def test_only_good_answers_count_and_all_of_the_time():
    answers = [
        Answer(1.0, 0.5, 200, "", ""),
        Answer(1.0, 2.0, 200, "", ""),
        Answer(1.5, 0.5, 503, "", "HTTP 503"),
    ]
    assert per_second(frame_of(answers)) == 1.0
    assert per_second(frame_of([])) == 0.0


def test_each_round_has_each_page_and_compares_it_with_the_first():
    with serving(lambda _: (200, 0.0)) as quick, serving(lambda _: (200, 0.5)) as slow:
        data = crowds({"slow": slow, "quick": quick}, clients=2, requests=4, rounds=3)
    assert data["page"].tolist() == ["slow", "quick"] * 3 and data["round"].tolist() == [1, 1, 2, 2, 3, 3]
    assert (data.loc[data["page"] == "slow", "ratio"] == 1).all()
    assert (data.loc[data["page"] == "quick", "ratio"] > 2).all()


def test_pages_that_never_answer_have_no_ratio():
    data = crowds({"dead": "http://127.0.0.1:9/"}, clients=1, requests=2, rounds=1)
    assert data["per_second"].tolist() == [0.0] and data["ratio"].isna().all()


def test_pages_take_turns_and_the_slower_one_is_seen():
    with serving(lambda _: (200, 0.0)) as quick, serving(lambda _: (200, 0.5)) as slow:
        timings = time_pages({"quick": quick, "slow": slow}, rounds=5)
    assert [len(timings.seconds(name)) for name in ("quick", "slow")] == [5, 5]
    assert timings.ratio("slow", "quick") > 2


def test_a_page_that_fails_is_told_and_not_timed():
    with serving(lambda _: (503, 0)) as url, pytest.raises(LabError, match="does not answer") as told:
        time_pages({"broken": url}, rounds=2)
    assert told.value.why == "HTTP 503"
