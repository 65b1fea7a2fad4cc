"""The provider `vm`: two QEMU virtual machines on this machine, without root."""
