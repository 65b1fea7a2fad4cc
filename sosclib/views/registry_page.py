"""A repository as a registry's web page shows it: a pure frame over plain data, every word of it escaped."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from sosclib.engine.repository import Repository, Tag
from sosclib.engine.sizes import human_size
from sosclib.views.style import BLUE, GREY, INK, PAPER
from sosclib.views.svg import tint

SHEET = f"border:1px solid #cbd2d9;border-radius:8px;max-width:820px;background:{PAPER}"
TITLE = f"background:{tint(BLUE)};padding:14px 20px;border-radius:8px 8px 0 0"
CELL = f"text-align:left;padding:8px 24px 8px 0;border-bottom:1px solid #e4e7eb;background:{PAPER}"
HEAD = ("Tag", "Digest", "OS/Arch", "Compressed size")


@dataclass(frozen=True)
class Page:
    """What a notebook shows once, as HTML where that can be seen and as text elsewhere."""

    html: str = field(repr=False)
    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def show_repository(repository: Repository) -> Page:
    """Draw a repository's tags, each with digest, platform and packed size, as Docker Hub's page does.

    Parameters
    ----------
    repository : Repository
        As ``vm1.registry.repository("sosc")`` returns it.
    """
    rows = [_cells(tag) for tag in repository.tags]
    return Page(_html(repository.name, rows), _text(repository.name, rows))


def _cells(tag: Tag) -> tuple[str, ...]:
    return tag.name, tag.digest.removeprefix("sha256:")[:12], tag.platform, human_size(tag.size, digits=3)


def _text(name: str, rows: list[tuple[str, ...]]) -> str:
    lines = [HEAD, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join([f"Repository {name}", *("   ".join(line).rstrip() for line in padded)])


def _html(name: str, rows: list[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col" style="{CELL};color:{GREY}">{word}</th>' for word in HEAD)
    body = "".join(f"<tr>{_row(row)}</tr>" for row in rows)
    return (
        f'<div style="{SHEET};color:{INK}"><div style="{TITLE}">'
        f'<span style="color:{GREY}">Repository</span><br>'
        f'<b style="font-size:1.25em">{escape(name)}</b></div>'
        f'<div style="padding:6px 20px 14px"><table style="border-collapse:collapse">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div>"
    )


def _row(row: tuple[str, ...]) -> str:
    tag, digest, platform, size = map(escape, row)
    return (
        f'<th scope="row" style="{CELL}">{tag}</th><td style="{CELL};font-family:monospace">{digest}</td>'
        f'<td style="{CELL}">{platform}</td><td style="{CELL}">{size}</td>'
    )
