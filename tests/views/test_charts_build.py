"""Timelines of builds: what is plotted is what was measured, and the words say the same."""

from sosclib.engine.building_state import Build, BuildStep
from sosclib.views.charts_build import plot_build

FROM = BuildStep(1, "FROM a", 1, "done", 0.2)
NOTE = BuildStep(4, "EXPOSE 80", 4, "noted")
FIRST = Build(
    "web:latest",
    "sha256:1",
    (
        FROM,
        BuildStep(2, "RUN <make>", 2, "done", 2.0, 3_000_000),
        BuildStep(3, "COPY a /", 3, "done", 0.5, 10),
        NOTE,
    ),
    3.0,
    "classic",
)
AGAIN = Build(
    "web:latest",
    "sha256:2",
    (
        FROM,
        BuildStep(2, "RUN <make>", 2, "cached", 0.0, 3_000_000),
        BuildStep(3, "COPY a /", 3, "done", 0.25, 11),
        BuildStep(4, "RUN never", 4, "skipped"),
    ),
    0.5,
    "BuildKit",
)


def test_steps_follow_one_another_and_what_only_notes_is_left_out():
    data = plot_build(FIRST).data
    assert data.to_dict("records") == [
        {
            "build": "web:latest",
            "step": 2,
            "instruction": "RUN <make>",
            "state": "done",
            "start": 0.0,
            "seconds": 2.0,
            "bytes": 3_000_000,
        },
        {
            "build": "web:latest",
            "step": 3,
            "instruction": "COPY a /",
            "state": "done",
            "start": 2.0,
            "seconds": 0.5,
            "bytes": 10,
        },
    ]


def test_builds_stand_one_under_the_other_with_cached_steps_hatched():
    chart = plot_build({"first": FIRST, "again": AGAIN})
    bars = chart.figure.axes[0].patches
    assert [bool(bar.get_hatch()) for bar in bars] == [False, False, True, False]
    heights = [bar.get_y() for bar in bars]
    assert heights == sorted(heights) and heights[2] - heights[1] > heights[1] - heights[0]
    assert [round(bar.get_x(), 2) for bar in bars] == [0, 2, 0, 0]
    assert bars[2].get_width() > 0, "a step that took no time is still to be seen"
    assert list(chart.data["build"]) == ["first", "first", "again", "again"]


def test_the_words_say_what_is_drawn_and_the_text_does_not_vary():
    chart = plot_build({"first": FIRST, "again": AGAIN})
    assert chart.alt == (
        "Timeline of builds. first, which took 2.5 s: RUN <make> took 2.0 s and added 3MB; COPY a / took"
        " 0.5 s and added 10B. again, which took 0.2 s: RUN <make> cached; COPY a / took 0.2 s and added 11B."
    )
    assert repr(chart) == (
        "Timeline of builds. first: RUN <make> (done); COPY a / (done)."
        " again: RUN <make> (cached); COPY a / (done)."
    )
    html = chart._repr_mimebundle_()["text/html"]
    assert "RUN &lt;make&gt;" in html and "<make>" not in html


def test_a_build_in_which_nothing_took_time_can_be_drawn():
    empty = Build("a:1", "sha256:3", (FROM, NOTE), 0.0, "classic")
    chart = plot_build({"nothing": empty, "again": AGAIN})
    assert list(chart.data["build"]) == ["again", "again"]
    assert plot_build(empty).data.empty and plot_build(empty).png()
