"""Data frames that look like the CLI's tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sosclib.engine.html import to_the_left


class Table(pd.DataFrame):
    """A data frame shown as the CLI prints a table; in HTML every character is escaped."""

    @property
    def _constructor(self) -> type[Table]:
        return Table

    def __repr__(self) -> str:
        if self.empty:
            return "   ".join(map(str, self.columns))
        cells = [[str(name) for name in self.columns]]
        cells += [[str(value) for value in row] for row in self.itertuples(index=False)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(self.columns))]
        lines = ["   ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        html = self.to_html(index=False, escape=True, border=0, justify="left", max_rows=None)
        return to_the_left(html)


def table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Table:
    """Return rows as a table that has its columns even where there is no row."""
    return Table(rows, columns=list(columns))
