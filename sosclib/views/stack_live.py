"""A stack as it changes: its drawing, kept in step with the engine by the engine's own events."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from sosclib.engine.compose_events import StackEvents
from sosclib.engine.compose_project import Project
from sosclib.engine.stack import Stack, compared
from sosclib.lab.errors import SoscError
from sosclib.views.live import LiveFrame, Show, is_live
from sosclib.views.stack import draw_stack

PERIOD, RESYNC = 0.3, 2.0
"""Least seconds between two frames; seconds after which the engine is asked though it told nothing."""
Watch = Callable[[Stack], None]


def frame(stack: Stack) -> str:
    """Draw a stack as HTML."""
    return str(draw_stack(stack)._repr_mimebundle_()["text/html"])


class StackView:
    """Shows a stack, file and engine in one, from entering to leaving.

    Where nobody looks, in a run without a browser, nothing is shown and nothing is asked.

    >>> with sosc.watch_stack(stack):
    ...     stack.start()

    Parameters
    ----------
    project : Project
    show : callable, optional
        Is given the widget; IPython's ``display`` by default.
    live : bool, optional
        Whether somebody looks.
    watch : callable, optional
        Is given each stack that is drawn: what is seen, for a program.
    period : float
        Least seconds between two frames.
    """

    def __init__(
        self,
        project: Project,
        *,
        show: Show | None = None,
        live: bool | None = None,
        watch: Watch | None = None,
        period: float = PERIOD,
    ) -> None:
        self._project = project
        self._live = is_live() if live is None else live
        self._frame = LiveFrame(show, period)
        self._watch = watch
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> StackView:
        if not self._live:
            return self
        # The widget is shown by the thread that runs the cell; the other one sets its value only.
        self._plan = self._project.planned()
        self._draw()
        self._events = StackEvents(self._project.api, self._project.name)
        self._events.__enter__()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is None:
            return
        self._over.set()
        self._events.__exit__(kind, error, trace)
        self._thread.join()
        self._draw(last=True)
        self._frame.close()

    def _follow(self) -> None:
        while not self._over.is_set():
            self._events.wait(RESYNC)
            self._events.drain()
            if not self._over.is_set():
                self._draw()

    def _draw(self, *, last: bool = False) -> None:
        try:
            now = compared(self._plan, self._project.found())
        except SoscError:
            return  # a container went between two questions, or the engine is gone: the last frame stays
        if self._watch:
            self._watch(now)
        self._frame.draw(lambda: frame(now), last=last)


def watch_stack(project: Project) -> StackView:
    """Show a stack as it changes, as long as the block below lasts.

    Parameters
    ----------
    project : Project
        As ``vm1.compose.project("wordpress")`` returns it.
    """
    return StackView(project)
