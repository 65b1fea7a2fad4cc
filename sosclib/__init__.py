"""The library of the course “Containers, their composition and orchestration”.

>>> import sosclib as sosc
>>> vm1 = sosc.begin("04-first-commands").vm1
>>> vm1.containers.run(sosc.image("base"), 'echo "hello from the container"')

Every name below is loaded when it is first used: ``import sosclib`` alone costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_WHERE = {
    "SoscError": "sosclib.lab.errors",
    "accelerator": "sosclib.lab.vm.accelerator",
    "address": "sosclib.course.pages",
    "ask": "sosclib.course.traffic",
    "begin": "sosclib.course.begin",
    "boot_tiny": "sosclib.lab.vm.tiny",
    "capabilities": "sosclib.engine.capabilities",
    "crowd": "sosclib.course.traffic",
    "diagram": "sosclib.views.diagrams",
    "doctor": "sosclib.course.doctor",
    "draw_stack": "sosclib.views.stack",
    "end": "sosclib.course.begin",
    "exercise": "sosclib.course.checks",
    "figures": "sosclib.course.figures",
    "handout": "sosclib.course.handouts",
    "image": "sosclib.course.begin",
    "latency": "sosclib.course.traffic",
    "licences": "sosclib.measure.packages",
    "lint": "sosclib.engine.linting",
    "load": "sosclib.course.traffic",
    "note_figure": "sosclib.course.figures",
    "outdated": "sosclib.measure.packages",
    "plot_answers": "sosclib.views.charts_traffic",
    "plot_build": "sosclib.views.charts_build",
    "plot_df": "sosclib.views.charts_usage",
    "plot_df_change": "sosclib.views.charts_usage",
    "plot_latency": "sosclib.views.charts_timing",
    "plot_layers": "sosclib.views.layers",
    "plot_memory": "sosclib.views.charts_memory",
    "plot_outdated": "sosclib.views.charts_packages",
    "plot_pages": "sosclib.views.charts_sites",
    "plot_race": "sosclib.views.charts_race",
    "plot_reach": "sosclib.views.charts_reach",
    "plot_rebuilds": "sosclib.views.charts_timing",
    "plot_repair": "sosclib.views.charts_repair",
    "plot_rise": "sosclib.views.charts_rise",
    "plot_sizes": "sosclib.views.charts_usage",
    "plot_stops": "sosclib.views.charts_timing",
    "plot_survival": "sosclib.views.charts_survival",
    "plot_throughput": "sosclib.views.charts_sites",
    "plot_traffic": "sosclib.views.charts_traffic",
    "plot_upstreams": "sosclib.views.charts_upstreams",
    "plot_userland": "sosclib.views.charts_userland",
    "plot_utilization": "sosclib.views.charts_utilization",
    "ports": "sosclib.measure.ports",
    "probe": "sosclib.measure.probes",
    "progress": "sosclib.course.progress",
    "race": "sosclib.course.racing",
    "reach": "sosclib.measure.reach",
    "rebuilds": "sosclib.course.measuring",
    "repair": "sosclib.course.measuring",
    "sections": "sosclib.course.sections",
    "show_page": "sosclib.course.pages",
    "show_repository": "sosclib.views.registry_page",
    "show_swarm": "sosclib.course.pictures",
    "stops": "sosclib.course.measuring",
    "survival": "sosclib.measure.survival",
    "udocker_archive": "sosclib.lab.udocker",
    "until": "sosclib.course.waiting",
    "upstreams": "sosclib.measure.upstreams",
    "userland": "sosclib.course.measuring",
    "visit": "sosclib.course.traffic",
    "watch_memory": "sosclib.measure.memory",
    "watch_stack": "sosclib.views.stack_live",
    "write_stack": "sosclib.course.stacks",
    "write_swarm_stack": "sosclib.course.stacks",
}

__all__ = [
    "SoscError",
    "accelerator",
    "address",
    "ask",
    "begin",
    "boot_tiny",
    "capabilities",
    "crowd",
    "diagram",
    "doctor",
    "draw_stack",
    "end",
    "exercise",
    "figures",
    "handout",
    "image",
    "latency",
    "licences",
    "lint",
    "load",
    "note_figure",
    "outdated",
    "plot_answers",
    "plot_build",
    "plot_df",
    "plot_df_change",
    "plot_latency",
    "plot_layers",
    "plot_memory",
    "plot_outdated",
    "plot_pages",
    "plot_race",
    "plot_reach",
    "plot_rebuilds",
    "plot_repair",
    "plot_rise",
    "plot_sizes",
    "plot_stops",
    "plot_survival",
    "plot_throughput",
    "plot_traffic",
    "plot_upstreams",
    "plot_userland",
    "plot_utilization",
    "ports",
    "probe",
    "progress",
    "race",
    "reach",
    "rebuilds",
    "repair",
    "sections",
    "show_page",
    "show_repository",
    "show_swarm",
    "stops",
    "survival",
    "udocker_archive",
    "until",
    "upstreams",
    "userland",
    "visit",
    "watch_memory",
    "watch_stack",
    "write_stack",
    "write_swarm_stack",
]

if TYPE_CHECKING:
    from sosclib.course.begin import begin, end, image
    from sosclib.course.checks import exercise
    from sosclib.course.doctor import doctor
    from sosclib.course.figures import figures, note_figure
    from sosclib.course.handouts import handout
    from sosclib.course.measuring import rebuilds, repair, stops, userland
    from sosclib.course.pages import address, show_page
    from sosclib.course.pictures import show_swarm
    from sosclib.course.progress import progress
    from sosclib.course.racing import race
    from sosclib.course.sections import sections
    from sosclib.course.stacks import write_stack, write_swarm_stack
    from sosclib.course.traffic import ask, crowd, latency, load, visit
    from sosclib.course.waiting import until
    from sosclib.engine.capabilities import capabilities
    from sosclib.engine.linting import lint
    from sosclib.lab.errors import SoscError
    from sosclib.lab.udocker import udocker_archive
    from sosclib.lab.vm.accelerator import accelerator
    from sosclib.lab.vm.tiny import boot_tiny
    from sosclib.measure.memory import watch_memory
    from sosclib.measure.packages import licences, outdated
    from sosclib.measure.ports import ports
    from sosclib.measure.probes import probe
    from sosclib.measure.reach import reach
    from sosclib.measure.survival import survival
    from sosclib.measure.upstreams import upstreams
    from sosclib.views.charts_build import plot_build
    from sosclib.views.charts_memory import plot_memory
    from sosclib.views.charts_packages import plot_outdated
    from sosclib.views.charts_race import plot_race
    from sosclib.views.charts_reach import plot_reach
    from sosclib.views.charts_repair import plot_repair
    from sosclib.views.charts_rise import plot_rise
    from sosclib.views.charts_sites import plot_pages, plot_throughput
    from sosclib.views.charts_survival import plot_survival
    from sosclib.views.charts_timing import plot_latency, plot_rebuilds, plot_stops
    from sosclib.views.charts_traffic import plot_answers, plot_traffic
    from sosclib.views.charts_upstreams import plot_upstreams
    from sosclib.views.charts_usage import plot_df, plot_df_change, plot_sizes
    from sosclib.views.charts_userland import plot_userland
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
