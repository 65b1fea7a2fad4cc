"""The matrix of what survives what shows every cell of the data, by sign, word and colour."""

import pandas as pd
import pytest

from sosclib.views.charts_survival import SIGNS, plot_survival
from sosclib.views.matrix import COLOURS
from sosclib.views.svg import tint


@pytest.fixture(scope="module")
def survival():
    places = pd.Index(["writable layer", "volume"], name="place")
    return pd.DataFrame({"docker rm": [False, True], "volume prune -a": [False, False]}, index=places)


@pytest.fixture(scope="module")
def chart(survival):
    return plot_survival(survival)


def test_every_cell_stands_where_its_place_and_event_cross(chart, survival):
    axes = chart.figure.axes[0]
    drawn = {tuple(map(int, text.get_position())): text.get_text() for text in axes.texts}
    assert drawn == {
        (column, row): SIGNS[bool(survival.iloc[row, column])] for column in range(2) for row in range(2)
    }
    assert [label.get_text() for label in axes.get_yticklabels()] == list(survival.index)
    assert [label.get_text().replace("\n", " ") for label in axes.get_xticklabels()] == [
        "docker rm",
        "docker volume prune -a",
    ]


def test_the_colour_is_never_the_only_sign(chart):
    from matplotlib.colors import to_hex

    cells = {(to_hex(patch.get_facecolor()), patch.get_linestyle()) for patch in chart.figure.axes[0].patches}
    assert cells == {(tint(COLOURS[True]), "-"), ("#ffffff", "--")}
    assert SIGNS[True] != SIGNS[False]


def test_the_words_and_the_data_tell_the_same(chart):
    assert chart.alt == (
        "Matrix of what is still there after something happened. the container is removed: volume; docker"
        " volume prune -a after that: nothing."
    )
    assert chart.data.values.tolist() == [
        ["writable layer", "docker rm", False],
        ["volume", "docker rm", True],
        ["writable layer", "volume prune -a", False],
        ["volume", "volume prune -a", False],
    ]
