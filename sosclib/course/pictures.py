"""Pictures that follow what happens until their section ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sosclib.course.desk import HOLDER

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine
    from sosclib.views.picture import Diagram
    from sosclib.views.swarm import SwarmView


def show_swarm(*machines: Machine) -> Diagram | SwarmView:
    """Show the swarm of some machines: in a browser it follows what happens, else it is one picture.

    Parameters
    ----------
    *machines : Machine
        ``vm1, vm2``.

    Returns
    -------
    Diagram or SwarmView
        A view is closed by the section's end, or by the next beginning; its last picture stays.
    """
    from sosclib.views.live import is_live
    from sosclib.views.swarm import SwarmView, draw, look

    if is_live():
        return HOLDER.follow(SwarmView(machines))
    return draw(look([machine.node for machine in machines]))
