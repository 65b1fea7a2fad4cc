"""Bars are as long as the bytes they stand for, and the alt text says the same."""

import pytest

from sosclib.engine.usage import DiskUsage, TypeUsage
from sosclib.views.charts_usage import COLOURS, plot_df, plot_df_change, plot_sizes

CACHE = TypeUsage("Build Cache", 0, 0, 0, 0)
VOLUMES = TypeUsage("Local Volumes", 1, 0, 5_000_000, 5_000_000)


def moment(images, containers):
    types = (TypeUsage("Images", 2, 1, *images), TypeUsage("Containers", 4, 1, *containers), VOLUMES, CACHE)
    return DiskUsage(types, (), (), ())


BEFORE = moment((97_220_000, 69_860_000), (27_360_000, 20_000_000))
AFTER = moment((97_220_000, 97_220_000), (0, 0))
BARS_BEFORE = [
    ("Images", 0, 27_360_000, False),
    ("Images", 27_360_000, 69_860_000, True),
    ("Containers", 97_220_000, 7_360_000, False),
    ("Containers", 104_580_000, 20_000_000, True),
    ("Local Volumes", 124_580_000, 5_000_000, True),
]


def bars(chart, row):
    """Return type, left end, length and hatched or not, of the bars of one row that can be seen."""
    from matplotlib.colors import to_hex

    names = {colour.lower(): type_ for type_, colour in COLOURS.items()}
    found = []
    for patch in chart.figure.axes[0].patches:
        if patch.get_width() and round(patch.get_y() + patch.get_height() / 2) == row:
            type_ = names[to_hex(patch.get_edgecolor())]
            found.append((type_, round(patch.get_x()), round(patch.get_width()), bool(patch.get_hatch())))
    return found


def texts(chart):
    return [text.get_text() for text in chart.figure.axes[0].texts]


def test_one_bar_is_stacked_by_type_with_the_reclaimable_part_hatched():
    assert bars(plot_df(BEFORE), 0) == BARS_BEFORE


def test_each_step_has_its_bar():
    chart = plot_df_change({"at first": BEFORE, "after prune": AFTER})
    assert bars(chart, 0) == BARS_BEFORE
    assert bars(chart, 1) == [("Images", 0, 97_220_000, True), ("Local Volumes", 97_220_000, 5_000_000, True)]
    assert [t.get_text() for t in chart.figure.axes[0].get_yticklabels()] == ["at first", "after prune"]
    assert {"129.6MB in all", "102.2MB in all"} <= set(texts(chart))


def test_data_are_what_is_plotted():
    data = plot_df(BEFORE).data.set_index(["type", "part"])["bytes"]
    assert data["Images", "in use"] == 27_360_000
    assert data["Containers", "reclaimable"] == 20_000_000
    assert data.sum() == 97_220_000 + 27_360_000 + 5_000_000


def test_alt_text_has_every_figure_in_the_words_of_the_cli():
    alt = plot_df_change({"at first": BEFORE, "after prune": AFTER}).alt
    assert "at first: Images 97.22MB, of which 69.86MB reclaimable" in alt
    assert "after prune: Images 97.22MB, of which 97.22MB reclaimable; Containers 0B" in alt


def test_an_empty_engine_can_be_drawn():
    nothing = DiskUsage((TypeUsage("Images", 0, 0, 0, 0),), (), (), ())
    chart = plot_df(nothing)
    assert bars(chart, 0) == []
    assert "0B in all" in texts(chart)
    assert chart.png()


@pytest.mark.parametrize("chart", [plot_df(BEFORE), plot_df_change({"a": BEFORE}), plot_sizes({"a": 1})])
def test_every_chart_has_a_title_and_a_unit(chart):
    axes = chart.figure.axes[0]
    assert axes.get_title(loc="left")
    assert "MB" in axes.get_xlabel()


def test_sizes_that_others_state_are_hollow_and_named():
    chart = plot_sizes({"image": 70_000_000}, quoted={"full system": 900_000_000}, source="as they say")
    here, elsewhere = chart.figure.axes[0].patches
    assert (here.get_width(), elsewhere.get_width()) == (70_000_000, 900_000_000)
    assert elsewhere.get_facecolor()[:3] == (1, 1, 1) != here.get_facecolor()[:3]
    assert "as they say" in chart.figure.get_supxlabel()
    assert chart.alt == "Bar chart of sizes on disk: image 70MB (measured); full system 900MB (quoted)."
