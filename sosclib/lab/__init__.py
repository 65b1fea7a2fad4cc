"""Nodes and their providers, VM images, snapshots; knows nothing of teaching."""
