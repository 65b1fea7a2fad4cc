"""The commands on the lab of two machines."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from sosclib.cli_words import phases
from sosclib.lab.errors import LabError, NotFound

if TYPE_CHECKING:
    from sosclib.lab.dind import DindLab
    from sosclib.lab.ssh import SshLab
    from sosclib.lab.vm import VmLab

VM, DIND, SSH = "vm", "dind", "ssh"
KINDS = {VM: "virtual machines", DIND: "containers", SSH: "real machines"}
DOWN = {
    VM: "The lab is down; nothing is lost.",
    DIND: "The lab is down; its disks are kept.",
    SSH: "You are logged out of both machines; they run on.",
}
PARTLY = {
    VM: "The machines are neither up nor down: a start or a stop was interrupted, or is at work.",
    DIND: "One machine runs, and the other one does not.",
    SSH: "The connection to one machine at least is lost.",
}

Which = Annotated[
    str,
    typer.Option("--lab", help="vm; dind: two containers that play machines; ssh: those of your inventory."),
]


def up(
    memory: Annotated[int, typer.Option(help="Memory of each virtual machine, in MiB.", min=512)] = 1024,
    which: Which = VM,
) -> None:
    """Start both machines: built and booted the first time, resumed later. Real ones are logged in to."""
    kind = _kind(which)
    with phases() as progress:
        if which == VM:
            from sosclib.lab.vm import VmLab

            lab: VmLab | DindLab | SshLab = VmLab.up(progress=progress, memory_mib=memory)
        else:
            lab = kind.up(progress)
    more, ends = _option(which), "logs out" if which == SSH else "stops them"
    typer.echo(f"{_titles(lab)} are up. `sosc shell vm1{more}` opens a shell; `sosc down{more}` {ends}.")
    lab.close()


def down(which: Which = VM) -> None:
    """Stop both machines; virtual ones are saved as they are, and the next `sosc up` goes on from there."""
    lab = _find(which)
    saved = lab is not None or which != VM
    said = DOWN[which] if saved else "The machines are off; what is on their disks is kept."
    lab = lab or _kind(which).remains()
    if lab is None:
        typer.echo("The lab is down already.")
        return
    with phases() as lab.progress:
        lab.down()
    typer.echo(said)


def status(which: Which = VM) -> None:
    """Show what the lab of two machines is now."""
    lab = _find(which)
    if lab is None and (remains := _kind(which).remains()):
        remains.close()
        more, ends = _option(which), "logs out" if which == SSH else "ends them"
        typer.echo(PARTLY[which])
        typer.echo(f"`sosc up{more}` brings both up, `sosc down{more}` {ends}.")
        return
    if lab is None:
        typer.echo(f"The lab of {KINDS[which]} is down. `sosc up{_option(which)}` starts it.")
        return
    now = lab.status()
    rows = {
        "lab": now.name,
        "running": "yes" if now.running else "no",
        "nodes": ", ".join(now.nodes),
        "accelerator": now.accelerator,
        "checkpoints": ", ".join(now.checkpoints),
        **now.detail,
    }
    width = max(map(len, rows)) + 2
    for name, value in rows.items():
        typer.echo(f"{name:<{width}}{value}")
    lab.close()


def reset(
    name: Annotated[str, typer.Argument(help="The checkpoint to return to.")] = "pristine",
    lab: Annotated[
        str, typer.Option(help="vm or dind; host or ssh: remove what the course made there.")
    ] = "vm",
) -> None:
    """Return both machines to a checkpoint; what was done since is gone."""
    if lab in ("host", SSH):
        if name != "pristine":
            raise LabError(
                f"There is no checkpoint {name}: lab {lab} keeps none.",
                help=f"`sosc reset --lab {lab}` removes all that the course made there.",
            )
        _tidy(lab)
        return
    machines: VmLab | DindLab
    with phases() as progress:
        if lab == VM:
            from sosclib.lab.vm import VmLab
            from sosclib.lab.vm.folders import folders

            # Also where they no longer answer: a machine that somebody broke is what a reset is for.
            machines = VmLab(folders(), progress)
        elif lab == DIND:
            from sosclib.lab.dind import DindLab
            from sosclib.lab.host import connect
            from sosclib.lab.paths import lab_name

            machines = DindLab(connect(), lab_name(), progress)
        else:
            raise _no_such(lab, "host", *KINDS)
        machines.reset(name)
    typer.echo(f"Both machines stand at the checkpoint {name}.")
    machines.close()


def checkpoint(name: Annotated[str, typer.Argument(help="The name to save under.")]) -> None:
    """Save the state of both machines under a name."""
    from sosclib.lab.vm import VmLab

    lab = VmLab.find()
    if lab is None:
        raise LabError("The lab of virtual machines is down.", help="`sosc up` starts it.")
    with phases() as lab.progress:
        lab.checkpoint(name)
    typer.echo(f"Saved. `sosc reset {name}` returns to it.")
    lab.close()


def destroy(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
) -> None:
    """Remove the machines with all that is on them, and the course's registry from your engine."""
    from sosclib.lab.dind import DindLab
    from sosclib.lab.host import HostLab
    from sosclib.lab.hub import remove_hub
    from sosclib.lab.registry import has_other_labs, remove_registry
    from sosclib.lab.vm import VmLab

    if not yes:
        typer.confirm("Remove both machines and everything on them?", abort=True)
    VmLab.destroy()
    if HostLab.answers():
        DindLab.destroy()
        own = HostLab()
        remove_hub(own)
        client = own.nodes["vm1"].docker
        if has_other_labs(client, own.mark):
            typer.echo("The course's registry stays in your engine: another lab has containers there.")
        else:
            remove_registry(client)
        own.close()
    typer.echo("The machines are gone. Sections, progress and your own files are untouched.")


def shell(
    node: Annotated[str, typer.Argument(metavar="VM", help="vm1 or vm2")] = "vm1",
    which: Annotated[
        str, typer.Option("--lab", help="vm, dind or ssh; host: this computer, in the lab's folder.")
    ] = VM,
) -> None:
    """Open a shell on a machine of the lab, as its ordinary user."""
    from sosclib.lab.opening import choose
    from sosclib.lab.vm import VmLab

    name = node.lower()
    if name not in ("vm1", "vm2"):
        raise NotFound(f"There is no machine {node!r}.", help="The machines are vm1 and vm2.")
    if which == "host":
        if name != "vm1":
            raise NotFound("This computer plays VM1, and nobody VM2.", help="sosc shell vm1 --lab host")
        _own_shell()
    lab = _find(which)
    if lab is None and which != VM:
        raise LabError(f"The lab of {KINDS[which]} is down.", help=f"`sosc up --lab {which}` starts it.")
    if lab is None and choose(nodes=int(name[-1])) == "host":
        _own_shell()
    if lab is None:
        with phases() as progress:
            lab = VmLab.up(progress=progress)
    command = lab.shell_command(name)
    lab.close()
    os.execvp(command[0], command)


def _own_shell() -> NoReturn:
    from sosclib.lab.cli_config import environment
    from sosclib.lab.paths import lab_dir

    home = lab_dir() / "home"
    home.mkdir(exist_ok=True)
    typer.echo("VM1 is this computer here; the lab's folder is open. `exit` leaves it.")
    os.chdir(home)
    own = os.environ.get("SHELL") or "/bin/sh"
    os.execvpe(own, [own], environment(home))


def _find(which: str) -> VmLab | DindLab | SshLab | None:
    return _kind(which).find()


def _kind(which: str) -> type[VmLab] | type[DindLab] | type[SshLab]:
    if which == VM:
        from sosclib.lab.vm import VmLab

        return VmLab
    if which == DIND:
        from sosclib.lab.dind import DindLab

        return DindLab
    if which == SSH:
        from sosclib.lab.ssh import SshLab

        return SshLab
    raise _no_such(which, *KINDS)


def _no_such(which: str, *kinds: str) -> LabError:
    return LabError(f"There is no lab {which!r}.", help=f"Choose one of {', '.join(kinds)}.")


def _option(which: str) -> str:
    return "" if which == VM else f" --lab {which}"


def _tidy(which: str) -> None:
    from sosclib.course.tidying import tidy

    if which == SSH:
        from sosclib.lab.registry import remove_registry
        from sosclib.lab.ssh import SshLab

        with phases() as progress:
            real = SshLab.up(progress)
        if real.exclusive:
            # What a drill was about to undo when its program was killed.
            real.drills.restore_link()
            real.drills.slow_link(0)
        removed = tidy(real)
        if real.exclusive:
            remove_registry(real.nodes["vm1"].docker)
        else:
            typer.echo(
                "The course's registry on VM1 stays: others' labs may use it (docker rm -f sosc-registry)."
            )
        real.move_out()
        real.down()
    else:
        from sosclib.lab.host import HostLab

        removed = tidy(HostLab())
    typer.echo("\n".join(f"removed {words}" for words in removed) or "Nothing of the course's is left there.")


def _titles(lab: VmLab | DindLab | SshLab) -> str:
    return " and ".join(node.title for node in lab.nodes.values())
