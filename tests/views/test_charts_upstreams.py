"""What is drawn of a load balancer is what stands in its log."""

import pandas as pd

from sosclib.views.charts_upstreams import plot_upstreams


def log(*servers):
    return pd.DataFrame({"upstream": [f"{server}:8082" for server in servers]})


def test_each_bar_has_a_part_for_each_server_and_its_number():
    chart = plot_upstreams(
        {"twice": log("10.0.0.1", "10.0.0.1", "10.0.0.2"), "once": log("10.0.0.2", "10.0.0.1")},
        {"10.0.0.1": "VM1", "10.0.0.2": "VM2"},
    )
    assert chart.data.values.tolist() == [
        ["twice", "VM1", 2, 2 / 3],
        ["twice", "VM2", 1, 1 / 3],
        ["once", "VM1", 1, 0.5],
        ["once", "VM2", 1, 0.5],
    ]
    bars = chart.figure.axes[0].patches
    assert [(bar.get_x(), bar.get_width()) for bar in bars] == [(0, 2), (2, 1), (0, 1), (1, 1)]
    assert chart.alt == "Bar chart of requests by server. twice: VM1 2, VM2 1; once: VM1 1, VM2 1."
    assert [text.get_text() for text in chart.figure.axes[0].texts] == ["2", "1", "1", "1"]


def test_servers_without_a_name_bear_their_address_and_colours_differ():
    chart = plot_upstreams({"all": log("10.0.0.1", "10.0.0.2", "10.0.0.3")})
    assert chart.data["server"].tolist() == ["10.0.0.1:8082", "10.0.0.2:8082", "10.0.0.3:8082"]
    assert len({bar.get_facecolor() for bar in chart.figure.axes[0].patches}) == 3
