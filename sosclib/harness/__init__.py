"""Every notebook as a regression test: runs, reports, leak check, hygiene."""
