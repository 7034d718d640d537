"""docs/architecture.md against the code: the table of packages, the names that are followed."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NO_LAYER = {"migrations", "locales"}


def test_the_table_of_packages_is_the_order_that_is_tested():
    rows = [line for line in PAGE.splitlines() if line.startswith("| [") and "appliance/" in line]
    names = [re.findall(r"\]\(\.\./appliance/(\w+)(?:/|\.py)\)", row) for row in rows]
    assert [{*each} - NO_LAYER for each in names] == [*reversed(layers())]


def layers():
    """LAYERS of tests/test_architecture.py without the package's own two files, lowest first."""
    tree = ast.parse((ROOT / "tests" / "test_architecture.py").read_text(encoding="utf-8"))
    [value] = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LAYERS"
    ]
    return [layer for layer in ast.literal_eval(value) if not layer & {"__init__", "__main__"}]


def test_every_name_that_is_followed_is_there():
    followed = re.findall(r"`(\w+)`\s+in\s+`([\w/]+\.py)`", PAGE)
    assert len(followed) > 10
    missing = [
        f"{name} in {file}"
        for name, file in followed
        if not re.search(rf"\bdef {name}\b", (ROOT / "appliance" / file).read_text("utf-8"))
    ]
    assert missing == []
