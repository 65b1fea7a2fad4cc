"""The matrix of who reaches whom shows every answer, by sign, word and colour."""

import pandas as pd
import pytest

from sosclib.measure.reach import ADDRESS, CONNECTED, MACHINE, NAME, PUBLISHED, REFUSED, SILENT, UNKNOWN
from sosclib.views.charts_reach import plot_reach

ROWS = [
    ("web", "db:3306", NAME, CONNECTED),
    ("web", "web:80", NAME, CONNECTED),
    ("a newcomer in front", "db:3306", NAME, UNKNOWN),
    ("a newcomer in front", "db:3306", ADDRESS, SILENT),
    (MACHINE, "db:3306", PUBLISHED, REFUSED),
]


@pytest.fixture(scope="module")
def chart():
    return plot_reach(pd.DataFrame(ROWS, columns=["from", "to", "by", "answer"]))


def test_every_answer_stands_where_its_place_and_port_cross(chart):
    axes = chart.figure.axes[0]
    rows = [label.get_text() for label in axes.get_yticklabels()]
    columns = [label.get_text() for label in axes.get_xticklabels()]
    assert columns == ["db:3306", "web:80"]
    assert rows == [
        "inside web, by name",
        "a newcomer in front, by name",
        "a newcomer in front, by address",
        "this machine, by published port",
    ]
    drawn = {
        (columns[round(text.get_position()[0])], rows[round(text.get_position()[1])]): text.get_text()
        for text in axes.texts
    }
    assert drawn == {
        ("db:3306", rows[0]): "✔ connected",
        ("web:80", rows[0]): "✔ connected",
        ("db:3306", rows[1]): "✘ no such name",
        ("db:3306", rows[2]): "✘ no answer",
        ("db:3306", rows[3]): "✘ refused",
    }


def test_the_colour_is_never_the_only_sign_and_the_words_tell_all(chart):
    styles = {(patch.get_linestyle(), patch.get_linewidth()) for patch in chart.figure.axes[0].patches}
    assert len(styles) == 2
    for line, to, answer in chart.data[["line", "to", "answer"]].itertuples(index=False):
        assert f"{line} to {to}: {answer}" in chart.alt
