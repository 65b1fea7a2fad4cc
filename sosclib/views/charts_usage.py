"""Disk usage as charts: what an engine holds, what a clean-up step changed, how big an image is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sosclib.engine.sizes import human_size
from sosclib.engine.usage import DiskUsage
from sosclib.measure.usage import steps
from sosclib.views.picture import Chart
from sosclib.views.style import BLUE, GREEN, GREY, INK, ORANGE, PAPER, PURPLE, footnote, sheet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

IN_USE, RECLAIMABLE = "in use", "reclaimable"
MEASURED, QUOTED = "measured", "quoted"
COLOURS = {"Images": BLUE, "Containers": ORANGE, "Local Volumes": GREEN, "Build Cache": PURPLE}
HATCH = {IN_USE: "", RECLAIMABLE: "///"}
EMPTY_AXIS = 1_000_000
NARROW = 0.14
"""Part of the axis below which a segment is too narrow for its own label."""


def plot_df(usage: DiskUsage | pd.DataFrame) -> Chart:
    """Draw what ``docker system df`` tells: one bar, stacked by type, the reclaimable part hatched.

    Parameters
    ----------
    usage : DataFrame
        As ``vm1.system.df()`` returns it.

    Returns
    -------
    Chart
        Its data: step, type, part (in use, reclaimable), bytes.
    """
    return _draw({"now": usage}, "Disk used by the engine")


def plot_df_change(moments: Mapping[str, DiskUsage | pd.DataFrame]) -> Chart:
    """Draw the disk usage at several moments, one bar each: what each step of a clean-up gave back.

    Parameters
    ----------
    moments : mapping of str to DataFrame
        What to call each moment, and what ``vm1.system.df()`` returned then.
    """
    return _draw(moments, "Disk used by the engine, step by step")


def plot_sizes(
    sizes: Mapping[str, int], *, quoted: Mapping[str, int] | None = None, source: str = ""
) -> Chart:
    """Draw sizes beside one another.

    Parameters
    ----------
    sizes : mapping of str to int
        Bytes that were measured here.
    quoted : mapping of str to int, optional
        Bytes that somebody else states; drawn hollow.
    source : str
        Who states them.
    """
    import pandas as pd

    every = {name: (size, MEASURED) for name, size in sizes.items()}
    every |= {name: (size, QUOTED) for name, size in (quoted or {}).items()}
    data = pd.DataFrame([(n, s, k) for n, (s, k) in every.items()], columns=["name", "bytes", "kind"])
    with sheet(9.5, 1.8 + 0.62 * len(data)) as (figure, axes):
        faces = [BLUE if kind == MEASURED else PAPER for kind in data["kind"]]
        axes.barh(data["name"], data["bytes"], height=0.6, color=faces, edgecolor=BLUE, linewidth=2)
        for row, size in enumerate(data["bytes"]):
            _beside(axes, size, row, human_size(size, digits=3))
        axes.set_title("Size on disk")
        _size_axis(axes, int(data["bytes"].max()))
        if quoted:
            footnote(figure, f"Filled: measured here. Hollow: {source or 'quoted'}.")
    told = "; ".join(f"{n} {human_size(s, digits=3)} ({k})" for n, (s, k) in every.items())
    return Chart(figure, f"Bar chart of sizes on disk: {told}.", data)


def _draw(moments: Mapping[str, DiskUsage | pd.DataFrame], title: str) -> Chart:
    data = _parts(moments)
    names = list(moments)
    with sheet(10, 2.5 + 0.72 * len(names)) as (figure, axes):
        widest = int(data.groupby("step")["bytes"].sum().max()) or EMPTY_AXIS
        for row, name in enumerate(names):
            _bar(axes, row, data[data["step"] == name], widest)
        axes.set_title(title, pad=38)
        axes.set_yticks(range(len(names)), names if len(names) > 1 else [""])
        _size_axis(axes, widest)
        _legend(axes)
    return Chart(figure, _alt(data, names), data)


def _parts(moments: Mapping[str, DiskUsage | pd.DataFrame]) -> pd.DataFrame:
    """Return one line per step, type and part."""
    usage = steps(moments)
    usage[IN_USE] = usage["size"] - usage[RECLAIMABLE]
    return usage.melt(
        ["step", "type"], [IN_USE, RECLAIMABLE], "part", "bytes", ignore_index=False
    ).sort_index(kind="stable", ignore_index=True)


def _bar(axes: Axes, row: int, lines: pd.DataFrame, widest: int) -> None:
    left = 0
    for type_, part, size in lines[["type", "part", "bytes"]].itertuples(index=False):
        axes.barh(
            row,
            size,
            left=left,
            height=0.62,
            facecolor=COLOURS[type_] if part == IN_USE else PAPER,
            edgecolor=COLOURS[type_],
            hatch=HATCH[part],
            linewidth=1.6 if size else 0,
        )
        if size > NARROW * widest:
            ground = COLOURS[type_] if part == IN_USE else PAPER
            axes.text(
                left + size / 2,
                row,
                human_size(size),
                ha="center",
                va="center",
                fontsize=11,
                color=PAPER if part == IN_USE and type_ == "Images" else INK,
                bbox={"boxstyle": "round,pad=0.2", "facecolor": ground, "edgecolor": "none"},
            )
        left += size
    _beside(axes, left, row, f"{human_size(left)} in all")


def _beside(axes: Axes, length: float, row: int, text: str) -> None:
    axes.annotate(
        text,
        (length, row),
        (9, 0),
        textcoords="offset points",
        va="center",
        color=INK,
        fontweight="bold",
        fontsize=11,
    )


def _size_axis(axes: Axes, widest: int) -> None:
    axes.set_xlim(0, widest * 1.25)
    axes.xaxis.set_major_formatter(lambda size, _: human_size(size))
    axes.xaxis.grid(visible=True)
    axes.set_xlabel("size on disk (1 MB = 1 000 000 B)")
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()


def _legend(axes: Axes) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=colour, label=type_) for type_, colour in COLOURS.items()]
    handles.append(Patch(facecolor=PAPER, edgecolor=GREY, hatch=HATCH[RECLAIMABLE], label=RECLAIMABLE))
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=5, borderpad=0)


def _alt(data: pd.DataFrame, names: list[str]) -> str:
    """Say in words what the chart shows; the words are the same whatever the sizes."""
    told = []
    for name in names:
        table = data[data["step"] == name].pivot_table("bytes", "type", "part", sort=False)
        types = [
            f"{type_} {human_size(line.sum())}, of which {human_size(line[RECLAIMABLE])} reclaimable"
            for type_, line in table.iterrows()
        ]
        told.append(f"{name}: {'; '.join(types)}")
    return f"Bar chart of disk usage by type. {'. '.join(told)}."
