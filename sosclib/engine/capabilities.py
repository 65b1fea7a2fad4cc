"""The parts into which Linux divides what root may do, by their numbers.

The order is that of ``include/uapi/linux/capability.h`` of the kernel.
"""

from __future__ import annotations

NAMES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"),
    *("LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK"),
    *("IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN"),
    *("SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE"),
    *("AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM"),
    *("BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"),
)


def capabilities(mask: int | str) -> list[str]:
    """Return the names of the capabilities in a set, as ``docker run --cap-drop`` takes them.

    Parameters
    ----------
    mask : int or str
        The set as a number, or in hexadecimal digits as it stands in ``/proc/PID/status`` behind ``CapEff``.

    Raises
    ------
    ValueError
        Where the text is no hexadecimal number.
    """
    bits = int(mask, 16) if isinstance(mask, str) else mask
    named = [name for number, name in enumerate(NAMES) if bits >> number & 1]
    newer = [str(number) for number in range(len(NAMES), bits.bit_length()) if bits >> number & 1]
    return named + newer
