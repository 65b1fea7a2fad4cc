"""The library of the course “Containers, their composition and orchestration”.

>>> import sosclib as sosc
>>> vm1 = sosc.begin("04-first-commands").vm1
>>> vm1.containers.run(sosc.image("base"), 'echo "hello from the container"')

Every name below is loaded when it is first used: ``import sosclib`` alone costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WHERE = {
    "SoscError": "sosclib.lab.errors",
    "accelerator": "sosclib.lab.vm.accelerator",
    "begin": "sosclib.course.begin",
    "boot_tiny": "sosclib.lab.vm.tiny",
    "diagram": "sosclib.views.diagrams",
    "doctor": "sosclib.course.doctor",
    "draw_stack": "sosclib.views.stack",
    "end": "sosclib.course.begin",
    "exercise": "sosclib.course.checks",
    "image": "sosclib.course.begin",
    "plot_build": "sosclib.views.charts_build",
    "plot_df": "sosclib.views.charts_usage",
    "plot_df_change": "sosclib.views.charts_usage",
    "plot_layers": "sosclib.views.layers",
    "plot_race": "sosclib.views.charts_race",
    "plot_reach": "sosclib.views.charts_reach",
    "plot_rise": "sosclib.views.charts_rise",
    "plot_sizes": "sosclib.views.charts_usage",
    "plot_survival": "sosclib.views.charts_survival",
    "plot_utilization": "sosclib.views.charts_utilization",
    "progress": "sosclib.course.progress",
    "race": "sosclib.course.racing",
    "reach": "sosclib.measure.reach",
    "sections": "sosclib.course.sections",
    "show_page": "sosclib.course.pages",
    "show_repository": "sosclib.views.registry_page",
    "survival": "sosclib.measure.survival",
    "watch_stack": "sosclib.views.stack_live",
    "write_stack": "sosclib.course.stacks",
}

__all__ = [
    "SoscError",
    "accelerator",
    "begin",
    "boot_tiny",
    "diagram",
    "doctor",
    "draw_stack",
    "end",
    "exercise",
    "image",
    "plot_build",
    "plot_df",
    "plot_df_change",
    "plot_layers",
    "plot_race",
    "plot_reach",
    "plot_rise",
    "plot_sizes",
    "plot_survival",
    "plot_utilization",
    "progress",
    "race",
    "reach",
    "sections",
    "show_page",
    "show_repository",
    "survival",
    "watch_stack",
    "write_stack",
]

if TYPE_CHECKING:
    from sosclib.course.begin import begin, end, image
    from sosclib.course.checks import exercise
    from sosclib.course.doctor import doctor
    from sosclib.course.pages import show_page
    from sosclib.course.progress import progress
    from sosclib.course.racing import race
    from sosclib.course.sections import sections
    from sosclib.course.stacks import write_stack
    from sosclib.lab.errors import SoscError
    from sosclib.lab.vm.accelerator import accelerator
    from sosclib.lab.vm.tiny import boot_tiny
    from sosclib.measure.reach import reach
    from sosclib.measure.survival import survival
    from sosclib.views.charts_build import plot_build
    from sosclib.views.charts_race import plot_race
    from sosclib.views.charts_reach import plot_reach
    from sosclib.views.charts_rise import plot_rise
    from sosclib.views.charts_survival import plot_survival
    from sosclib.views.charts_usage import plot_df, plot_df_change, plot_sizes
    from sosclib.views.charts_utilization import plot_utilization
    from sosclib.views.diagrams import diagram
    from sosclib.views.layers import plot_layers
    from sosclib.views.registry_page import show_repository
    from sosclib.views.stack import draw_stack
    from sosclib.views.stack_live import watch_stack


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"sosclib has no {name!r}")
    return getattr(importlib.import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])
