"""Tables for people: columns as wide as they need to be, numbers to the right."""

from collections.abc import Iterable, Sequence

from appliance.printable import one_line

WIDEST = 50
"""Characters of a cell: a text of a page must not push all others out of sight."""

Cell = str | int | float | None


def table(headers: Sequence[str] | None, rows: Iterable[Sequence[Cell]]) -> str:
    """One line a row, each cell in one line; None is an empty one. Without `headers`, no heading.

    >>> print(table(("ID", "NAME"), [(7, "Ann"), (12, "Bob")]))
    ID  NAME
     7  Ann
    12  Bob
    """
    numbers = list(rows)
    cells = [[_shown(cell) for cell in row] for row in numbers]
    heading = [list(headers)] if headers else []
    columns = list(zip(*(heading + cells), strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [
        all(isinstance(cell, int | float | None) for cell in column)
        for column in zip(*numbers, strict=True)
    ]
    return "\n".join(_line(row, widths, right) for row in heading + cells)


def _shown(cell: Cell) -> str:
    text = "" if cell is None else one_line(str(cell))
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(row, widths, right, strict=True)
    ]
    return "  ".join(padded).rstrip()
