"""From whatever state a lab is in to two machines that run."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

from sosclib.lab.errors import LabError, SoscError
from sosclib.lab.lab import Progress
from sosclib.lab.paths import cache_dir
from sosclib.lab.vm import qemu
from sosclib.lab.vm.accelerator import accelerator
from sosclib.lab.vm.contexts import write_contexts
from sosclib.lab.vm.folders import Folders
from sosclib.lab.vm.image import MachineImage, machine_image
from sosclib.lab.vm.machine import SPECS, Hardware, hardware
from sosclib.lab.vm.power import Power
from sosclib.lab.vm.record import LAST, PRISTINE, Record, read, write


def ready_mark(where: Folders) -> bool:
    """Tell whether the last start came to its end."""
    return (where.runtime / "ready").exists()


def start(power: Power, memory_mib: int, progress: Progress) -> None:
    """Bring both machines up: resumed where a saved state fits, booted otherwise. The lab must be locked.

    Parameters
    ----------
    power : Power
    memory_mib : int
        MiB of memory of each machine.
    progress : callable
        Is told each phase.

    Raises
    ------
    LabError
        Where that fails; the message says what to do.
    """
    where = power.where
    _no_other_cache(read(where))
    power.off()
    made_of = hardware(accelerator(progress).name, memory_mib)
    image = machine_image(progress)
    record = _with_disks(power, image, read(where), progress)
    try:
        if not _resumed(power, image, made_of, record, progress):
            _booted(power, image, made_of, record, progress)
        write_contexts(where)
        (where.runtime / "ready").touch()
    except BaseException:
        # No lab would find machines whose start was interrupted, and they would run on.
        power.off()
        raise


def keep(power: Power, name: str, made_of: Hardware, record: Record) -> Record:
    """Save both machines under a name, enter it in the record, and go on.

    Parameters
    ----------
    power : Power
    name : str
    made_of : Hardware
    record : Record

    Raises
    ------
    LabError
        Where they cannot be saved; they go on all the same.
    """
    try:
        return pause(power, name, made_of, record)
    finally:
        power.go_on()
        power.correct_clocks()  # they stood still meanwhile


def pause(power: Power, name: str, made_of: Hardware, record: Record, resume: str = "") -> Record:
    """Save both machines under a name, enter it in the record, and leave them paused.

    Parameters
    ----------
    power : Power
    name : str
    made_of : Hardware
    record : Record
    resume : str
        As in `Record`.

    Raises
    ------
    LabError
        Where they cannot be saved; then they go on.
    """
    tag = f"{name}-{uuid.uuid4().hex[:8]}"
    power.save(tag, record.tags)
    try:
        return write(power.where, replace(record.with_checkpoint(name, made_of, tag), resume=resume))
    except BaseException:
        power.go_on()
        raise


def _with_disks(power: Power, image: MachineImage, record: Record, progress: Progress) -> Record:
    """Return a record whose disks exist and stand on this image."""
    disks_there = all(power.where.disk(spec.name).exists() for spec in SPECS)
    first_boot_done = PRISTINE in record.checkpoints
    if record.image == image.identity and disks_there and first_boot_done:
        return record
    if first_boot_done and record.image != image.identity:
        progress("The machines' image is another one now: the machines are made anew")
    elif record.image:
        progress("The first boot was interrupted: the machines are made anew")
    write(power.where, Record())
    power.make_disks(image)
    return write(power.where, Record(image=image.identity, base=str(image.disk)))


def _no_other_cache(record: Record) -> None:
    """Refuse to make machines anew only because their image is looked for in the wrong place."""
    base = Path(record.base)
    other = base.parent.parent
    if record.base and base.exists() and other.resolve() != cache_dir().resolve():
        raise LabError(
            "The disks of this lab's machines stand on an image in another cache folder.",
            f"It is {base}; now the cache folder is {cache_dir()}.",
            f"export SOSC_CACHE={other}   or, to give up what is on the machines: sosc destroy",
        )


def _resumed(
    power: Power, image: MachineImage, made_of: Hardware, record: Record, progress: Progress
) -> Record | None:
    """Return the record of resumed machines; None, with the reason told, where nothing fits."""
    if not record.checkpoints:
        return None
    if not record.resume:
        progress("The machines were not shut down by `sosc down`: booting from their disks, files are kept")
        return None
    differences = made_of.differences(dict(record.checkpoints[record.resume]))
    if differences:
        progress(f"The saved state does not fit ({'; '.join(differences)}): booting afresh, files are kept")
        return None
    try:
        return power.resume(image, made_of, record)
    except SoscError as error:  # the machines do not answer, or a command on them fails
        why = error.why or error.what
        progress(f"The saved state cannot be resumed: booting afresh, files are kept. {why}")
        power.off()
        return None


def _booted(
    power: Power, image: MachineImage, made_of: Hardware, record: Record, progress: Progress
) -> Record:
    # Where both were saved last is where their disks stand; other checkpoints must be fetched.
    wanted = record.resume if record.resume != LAST else ""
    if wanted:
        _fetch(power, wanted, record.tag(wanted))
    record = power.boot(image, made_of, record)
    if wanted or PRISTINE not in record.checkpoints:
        name = wanted or PRISTINE
        power.settle()
        progress(f"Saving the checkpoint {name}")
        record = keep(power, name, made_of, record)
    return record


def _fetch(power: Power, name: str, tag: str) -> None:
    """Put both disks back to a checkpoint."""
    for spec in SPECS:
        try:
            qemu.run([qemu.tool("qemu-img"), "snapshot", "-a", tag, str(power.where.disk(spec.name))])
        except LabError as error:
            raise LabError(
                f"The checkpoint {name} is not on the machines' disks any more.",
                error.why,
                "`sosc status` lists the others; new machines: sosc destroy, then sosc up",
            ) from None
