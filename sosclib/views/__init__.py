"""Snapshot in, frame out: charts, diagrams and live widgets."""
