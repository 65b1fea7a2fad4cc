"""Diagrams of virtualization: KVM, and a virtual machine beside a container."""

from __future__ import annotations

from sosclib.views.picture import Diagram
from sosclib.views.style import BLUE, GREEN, GREY, ORANGE, RED
from sosclib.views.svg import box, document, frame, text

KVM_ALT = (
    "Layers from bottom to top. Hardware: a processor with virtualization support, memory, disk, network. "
    "On it the Linux kernel with the module KVM inside. On the kernel run ordinary programs, and two QEMU "
    "processes side by side. Each QEMU process holds a guest: virtual hardware, a kernel of its own, and the "
    "guest's programs."
)
BOTH_ALT = (
    "Two towers side by side. Left, virtual machines: hardware, host system with hypervisor, and on it three "
    "virtual machines, each with a guest operating system, libraries and one application. Right, containers: "
    "the same hardware, a host system with one kernel, and on it, side by side, three containers, each with "
    "libraries and one application only, and the Docker Engine, which starts and watches them; there is no "
    "guest operating system in between."
)


def kvm() -> Diagram:
    """Draw how Linux becomes a hypervisor."""
    return document(
        960,
        560,
        KVM_ALT,
        box(30, 20, 200, 370, "ordinary\nprograms", colour=GREY),
        *_guest(250, "guest 1"),
        *_guest(610, "guest 2"),
        box(30, 405, 900, 66, colour=BLUE, filled=False),
        text(140, 438, "Linux kernel", bold=True, colour=BLUE),
        box(250, 414, 670, 48, "KVM: a module that lets guests run on the processor", colour=BLUE, bold=True),
        box(30, 485, 900, 55, "hardware: processor with VT-x or AMD-V, memory, disk, network", colour=GREY),
    )


def _guest(left: int, name: str) -> list[str]:
    return [
        frame(left, 20, 320, 370, f"QEMU process: {name}", colour=RED),
        box(left + 20, 65, 280, 75, "programs of the guest", colour=ORANGE),
        box(left + 20, 155, 280, 75, "kernel of the guest", colour=ORANGE),
        box(left + 20, 245, 280, 125, "virtual hardware\nprocessor, memory,\ndisk, network card", colour=RED),
    ]


def vm_and_container() -> Diagram:
    """Draw what a virtual machine carries and what a container leaves out."""
    return document(
        980,
        560,
        BOTH_ALT,
        text(245, 30, "Virtual machines", size=24, bold=True),
        text(735, 30, "Containers", size=24, bold=True),
        *(part for n in range(3) for part in _machine(20 + n * 153, "ABC"[n])),
        box(20, 405, 450, 60, "host system with hypervisor", colour=BLUE),
        box(20, 480, 450, 60, "hardware", colour=GREY),
        *(part for n in range(3) for part in _container(510 + n * 113, "ABC"[n])),
        box(849, 245, 111, 145, "Docker\nEngine:\nstarts and\nwatches\nthem", colour=BLUE, size=18),
        box(510, 405, 450, 60, "host system: one kernel for all", colour=BLUE),
        box(510, 480, 450, 60, "hardware", colour=GREY),
    )


def _machine(left: int, name: str) -> list[str]:
    return [
        box(left, 60, 144, 330, colour=RED, dashed=True, filled=False),
        box(left + 8, 68, 128, 60, f"App {name}", colour=GREEN, bold=True),
        box(left + 8, 136, 128, 60, "libraries", colour=ORANGE),
        box(left + 8, 204, 128, 178, "guest\noperating\nsystem\nwith its\nown kernel", colour=RED),
    ]


def _container(left: int, name: str) -> list[str]:
    return [
        box(left, 245, 106, 145, colour=BLUE, dashed=True, filled=False),
        box(left + 6, 253, 94, 60, f"App {name}", colour=GREEN, bold=True),
        box(left + 6, 321, 94, 60, "libraries", colour=ORANGE),
    ]
