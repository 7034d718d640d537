"""The table a benchmark prints: what was measured, what the issue asks for, PASS or FAIL."""

from dataclasses import dataclass, field


@dataclass
class Table:
    """Rows in the order they are added; `judge` False shows figures without a verdict."""

    title: str
    judge: bool = True
    passed: bool = True
    _rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def note(self, what: str, measured: str) -> None:
        """A figure that nothing is asked of."""
        self._rows.append((what, measured, "", ""))

    def at_least(self, what: str, value: float, bound: float, unit: str = "") -> None:
        self._judged(what, value, f"≥ {_number(bound)}{unit}", value >= bound, unit)

    def at_most(self, what: str, value: float, bound: float, unit: str = "") -> None:
        self._judged(what, value, f"≤ {_number(bound)}{unit}", value <= bound, unit)

    def missing(self, what: str, why: str) -> None:
        """A side that was not measured: no pass."""
        self.passed = self.passed and not self.judge
        self._rows.append((what, why, "", "FAIL" if self.judge else "not judged"))

    def show(self) -> int:
        """Print it as Markdown, for docs/benchmarks.md; the exit code."""
        print(f"\n### {self.title}\n")
        head = ("what", "measured", "target", "")
        widths = [max(len(row[i]) for row in [head, *self._rows]) for i in range(4)]
        print(_line(head, widths))
        print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
        for row in self._rows:
            print(_line(row, widths))
        return 0 if self.passed else 1

    def _judged(self, what: str, value: float, target: str, good: bool, unit: str) -> None:
        verdict = ("PASS" if good else "FAIL") if self.judge else "not judged"
        self.passed = self.passed and (good or not self.judge)
        self._rows.append((what, f"{_number(value)}{unit}", target, verdict))


def _line(cells: tuple[str, str, str, str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"


def _number(value: float) -> str:
    """Three digits that count, and all of those before the point."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"
