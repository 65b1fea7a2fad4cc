"""Begin and end a section: the lab opened, the desk laid and cleared."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from sosclib.course.desk import HOLDER, Desk
from sosclib.course.sections import Section, find
from sosclib.engine.faults import teaching
from sosclib.lab.errors import WrongLab
from sosclib.lab.lab import Lab, quiet

if TYPE_CHECKING:
    from sosclib.engine.machine import Machine
    from sosclib.lab.hub import Account

LABS = {
    "host": "this computer's own Docker Engine",
    "vm": "two virtual machines on this computer",
    "dind": "two containers that play machines, and are none",
    "ssh": "two machines reached by ssh",
}
SOURCES = {"offline": "made on this computer from Debian packages", "hub": "from Docker Hub"}


def begin(section: str, lab: str = "auto", images: str = "auto", hub: str = "") -> Desk:
    """Open the lab and lay out what a section works on.

    Parameters
    ----------
    section : str
        Its number or name, ``04-first-commands``.
    lab : str
        ``host``, ``vm``, ``dind``, ``ssh`` or ``auto``; the environment variable ``SOSC_LAB`` takes the
        place of ``auto``.
    images : str
        ``hub``, ``offline`` or ``auto``; ``SOSC_IMAGES`` takes the place of ``auto``.
    hub : str
        Your user name at Docker Hub, where a section is to push there instead of to the course's registry.

    Returns
    -------
    Desk
        With the machines as ``.vm1`` and ``.vm2``. Beginning again is fine: what the section made so far is
        removed first.
    """
    from sosclib.course.magics import register
    from sosclib.course.needs import bring_about

    chosen = find(section)
    _set_right()
    opened = open_for(chosen, lab)
    try:
        _claim_what_was_typed(chosen, opened)
        desk = lay(chosen, opened, images, hub)
    except BaseException:
        opened.close()
        raise
    HOLDER.put(desk)
    register()
    print(f"Section {chosen.id}: {chosen.title}")
    print(f"Lab: {opened.provider}, {LABS[opened.provider]}.", f"Images: {_source(desk)}.")
    if chosen.registry:
        account = desk.vm1.registry.account
        print(f"Your account: {account.user} at {account.address}.")
    left_over = clear(desk, keep_leaves=False)
    if left_over:
        print(f"Left over from an earlier run or another section, and removed: {in_words(left_over)}.")
    provided = bring_about(desk)
    if provided:
        print(f"From earlier sections: {', '.join(provided)}.")
    return desk


@teaching()
def _claim_what_was_typed(section: Section, lab: Lab) -> None:
    """Enter what was made by hand since this section began: a new desk would take it for somebody's own."""
    from sosclib.course.checks import made_in
    from sosclib.course.claims import claim

    if not HOLDER.open:
        return
    desk = HOLDER.desk
    if (desk.section.name, desk.lab.provider, desk.lab.name) == (section.name, lab.provider, lab.name):
        claim(desk, made_in(desk))


@teaching()
def end() -> None:
    """Remove what the section made and does not leave on purpose."""
    from sosclib.course.progress import note_finished
    from sosclib.lab.hub import remove_hub

    desk = HOLDER.desk
    _set_right()
    removed = clear(desk)
    HOLDER.put(replace(desk, ended=True))
    print(f"Removed what this section made: {in_words(removed)}." if removed else "Nothing to clean up.")
    if desk.section.registry and remove_hub(desk.lab):
        print("The registry with your account is gone, and what was pushed there with it.")
    if desk.section.leaves:
        print(f"Left on purpose: {', '.join(desk.section.leaves)}.")
    note_finished(desk.section.id)


def _set_right() -> None:
    HOLDER.stop_following()
    undone = HOLDER.set_right()
    if undone:
        print(f"Set right again: {', '.join(undone)}.")


def image(role: str) -> str:
    """Return the reference of the image that plays a role, ``base`` or ``small``."""
    return HOLDER.desk.catalogue.resolve(role)


def open_for(section: Section, lab: str = "auto") -> Lab:
    """Open the lab that a section asks for.

    Raises
    ------
    WrongLab
        Where the section cannot run on it.
    """
    from sosclib.lab.opening import choose, open_lab

    wanted = (os.environ.get("SOSC_LAB") or "auto") if lab == "auto" else lab
    if wanted in LABS and wanted not in section.providers:
        raise WrongLab(
            f"Section {section.id} cannot run on the lab `{wanted}`.",
            section.labs_reason,
            f"Set LAB to one of: {', '.join(section.providers)}.",
        )
    if wanted == "auto" and "host" not in section.labs:
        wanted = "vm"
    # A section for two machines that names `host` too has cells that it leaves out there.
    nodes = 1 if wanted == "host" else section.nodes
    provider = choose(wanted, nodes=nodes, among=section.providers)
    opened = open_lab(provider, nodes=nodes, progress=quiet if provider == "host" else _tell)
    if section.needs_own_engines and not opened.exclusive:
        opened.close()
        raise WrongLab(
            f"Section {section.id} changes whole engines, and those of the lab `{provider}` are somebody's.",
            section.labs_reason,
            "Where nobody else uses them, say so in the inventory: exclusive = true.",
        )
    _require_names(section, opened)
    return opened


def _require_names(section: Section, lab: Lab) -> None:
    """See that a swarm will call real machines as the sections do, which tell them by their host names."""
    for node in lab.nodes.values() if section.needs_own_engines and lab.provider == "ssh" else ():
        called = node.sh("hostname").stdout.strip()
        if called != node.title:
            lab.close()
            raise WrongLab(
                f"{node.title} calls itself {called}.",
                f"A swarm knows machines by their host names, and section {section.id} says VM1 and VM2.",
                f"There: sudo hostnamectl set-hostname {node.title} && sudo systemctl restart docker",
            )


@teaching()
def lay(section: Section, lab: Lab, images: str, hub: str = "") -> Desk:
    """Return a desk on a lab that is open; the machines are made ready for the section.

    Parameters
    ----------
    section : Section
    lab : Lab
    images, hub : str
        As for `begin`.

    Raises
    ------
    SoscError
        Where an engine does not answer, or an image cannot be had.
    """
    from sosclib.course.catalogue import Catalogue
    from sosclib.course.claims import strangers
    from sosclib.course.preparing import prepare
    from sosclib.engine.machine import Machine
    from sosclib.engine.ownership import Ownership
    from sosclib.engine.terminal import Terminal
    from sosclib.views.building import BuildView
    from sosclib.views.composing import ComposeView
    from sosclib.views.convergence import ServiceView
    from sosclib.views.transfer import TransferView

    catalogue = Catalogue(images)
    registry = ""
    if section.images and catalogue.mode == "offline":
        registry = _stocked(section, lab)
        catalogue = Catalogue("offline", registry)
    terminal = Terminal()
    account = _account(section, lab, hub)
    machines = {}
    for name, node in lab.nodes.items():
        if lab.provider == "vm":
            prepare(node, section.number, _tell)
        engine = str(node.docker.info()["ID"])
        ownership = Ownership(lab.mark, section.name, lab.exclusive, lab.ledger, engine)
        machines[name] = Machine(
            node,
            ownership,
            terminal,
            registry=registry,
            watch=TransferView.if_live(),
            watch_build=BuildView.if_live(),
            account=account,
            watch_service=ServiceView.if_live(),
            watch_compose=ComposeView.if_live(),
        )
    return Desk(section, lab, machines, catalogue, strangers(machines["vm1"]))


@teaching()
def clear(desk: Desk, *, keep_leaves: bool = True) -> list[str]:
    """Remove what a section made, and return it in words.

    Parameters
    ----------
    desk : Desk
    keep_leaves : bool
        Whether what the section leaves on purpose stays. If not, then what other sections left lying about
        goes too, as its ports and names are wanted now: from engines of the lab's own all of it, from
        somebody's the containers.
    """
    from sosclib.course.checks import made_in
    from sosclib.course.claims import release
    from sosclib.course.files import remove_files
    from sosclib.engine.cleaning import clean

    keep = desk.section.leaves if keep_leaves else ()
    whose = None if desk.lab.exclusive and not keep_leaves else desk.section.name
    removed = release(desk, made_in(desk))
    for machine in desk.nodes.values():
        if not (desk.lab.exclusive or keep_leaves):
            removed += _clear_containers(machine)
        removed += clean(machine, section=whose, keep=keep)
    return removed + remove_files(desk, keep)


def _clear_containers(machine: Machine) -> list[str]:
    """Remove the containers of all sections of this lab, and return them in words."""
    from sosclib.course.claims import release_all
    from sosclib.engine.cleaning import remove_container
    from sosclib.engine.snapshot import name

    released = release_all(machine)
    listed = machine.containers.raw(all=True)
    gone = [f"container {name(raw)}" for raw in listed if remove_container(machine.docker.api, raw["Id"])]
    return released + gone


def in_words(removed: list[str]) -> str:
    """Return how many objects of each kind, ``2 containers, 1 image``: an engine makes up names at random."""
    counts = Counter(words.partition(" ")[0] for words in removed)
    return ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in sorted(counts.items()))


def _stocked(section: Section, lab: Lab) -> str:
    """Return the address of the course's registry, which has the images that a section works with."""
    from sosclib.lab.registry import registry_of

    registry = registry_of(lab, _tell)
    # The small one removes what containers leave in folders of the machine.
    for role in dict.fromkeys((*section.images, *(["small"] if section.files else []))):
        registry.stock(role, _tell)
    return registry.address


def _account(section: Section, lab: Lab, hub: str) -> Account | None:
    """Return whose repositories a section pushes to; None where it pushes nowhere."""
    from sosclib.lab.hub import Account, start_hub

    if not section.registry:
        return None
    return Account(hub) if hub else start_hub(lab, _tell)


def _source(desk: Desk) -> str:
    return SOURCES[desk.catalogue.mode]


def _tell(phase: str) -> None:
    """Tell a waiting student what goes on; a run that nobody watches keeps its output the same every time."""
    from sosclib.views.live import is_live

    if is_live():
        print(f"· {phase}")
