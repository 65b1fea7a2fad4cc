"""Timing, usage and the boot race: data frames out, no drawing."""
