"""The use of servers: the figures, and where they come from."""

from sosclib.views.charts_utilization import plot_utilization


def test_bars_are_the_figures_and_the_source_is_named():
    chart = plot_utilization()
    axes = chart.figure.axes[0]
    widths = [round(patch.get_x() + patch.get_width()) for patch in axes.patches]
    assert widths == [100, 4, 7, 100, 80, 80]
    assert chart.data[["low", "high"]].to_numpy().tolist() == [[4, 7], [80, 80]]
    assert "bit.ly/2IVk6e5" in chart.figure.get_supxlabel()
    assert axes.get_title(loc="left") and axes.get_xlabel()
    assert "4 % to 7 %" in chart.alt and "about 80 %" in chart.alt
