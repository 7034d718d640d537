"""The front end's folders: who imports whom, and how many files stand in one."""

import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path, PurePosixPath

SOURCE = Path(__file__).resolve().parent.parent / "frontend" / "src"
MAX_FILES = 20

# A feature imports `lib`, `ui`, itself and the features named here.
FEATURES: dict[str, set[str]] = {
    "account": {"telegram"},
    "admin": {"broadcast"},
    "broadcast": set(),
    "compose": {"broadcast"},
    "inbox": {"people"},
    "people": set(),
    "phones": set(),
    "telegram": {"people"},
}
MAY_IMPORT = {
    "lib": set(),
    "ui": {"lib"},
    "layout": {"lib", "ui", "features/inbox"},  # the menu shows how much waits in the inbox
    **{
        f"features/{name}": {"lib", "ui", *(f"features/{other}" for other in others)}
        for name, others in FEATURES.items()
    },
}

# `from "…"`, `import "…"` and `import("…")`
_IMPORT = re.compile(r"""(?:\bfrom\s+|\bimport\s*\(?\s*)["']([^"']+)["']""")


def test_every_folder_has_its_rule():
    top = {path.name for path in SOURCE.iterdir() if path.is_dir()}
    assert top == {"lib", "ui", "layout", "features"}
    assert {path.name for path in (SOURCE / "features").iterdir()} == FEATURES.keys()


def test_imports_are_those_that_are_named():
    assert [fault for file in _files() for fault in _faults(file)] == []


def test_what_is_named_is_needed():
    used = {(_part(file), _part(target)) for file in _files() for target in _imports(file)}
    named = {(part, other) for part, others in MAY_IMPORT.items() for other in others}
    assert named - used == set(), "nothing imports that any more: take it off the list"


def test_features_import_in_no_circle():
    list(TopologicalSorter(FEATURES).static_order())


def test_no_folder_has_too_many_files():
    folders = [SOURCE, *(path for path in SOURCE.rglob("*") if path.is_dir())]
    sizes = {folder: sum(path.is_file() for path in folder.iterdir()) for folder in folders}
    assert {folder.name: size for folder, size in sizes.items() if size > MAX_FILES} == {}


def test_the_check_sees_every_way_to_import():
    text = """
    import A from "$lib/a";
    import "./b.css";
    const page = () => import('$features/people/Users.svelte');
    export {
      c,
    } from "../c";
    """
    assert _IMPORT.findall(text) == ["$lib/a", "./b.css", "$features/people/Users.svelte", "../c"]


def _files() -> list[PurePosixPath]:
    """Relative to `src`; those beside the folders are the entry, and may import everything."""
    paths = [path for path in SOURCE.rglob("*") if path.suffix in {".svelte", ".ts"}]
    return [PurePosixPath(path.relative_to(SOURCE)) for path in sorted(paths)]


def _faults(file: PurePosixPath) -> Iterator[str]:
    here = _part(file)
    for target in _imports(file) if here else ():
        there = _part(target)
        if there != here and there not in MAY_IMPORT[here]:
            yield f"{file} imports {target}"


def _imports(file: PurePosixPath) -> Iterator[PurePosixPath]:
    """What a file imports from this source, as paths relative to `src`."""
    for name in _IMPORT.findall((SOURCE / file).read_text(encoding="utf-8")):
        if name.startswith("$"):
            yield PurePosixPath(name[1:])
        elif name.startswith("."):
            yield PurePosixPath((SOURCE / file).parent.joinpath(name).resolve().relative_to(SOURCE))


def _part(path: PurePosixPath) -> str:
    """`lib`, `ui`, `layout` or `features/NAME`; empty for what stands beside them."""
    parts = path.parts
    if parts[0] == "features":
        return "/".join(parts[:2])
    return parts[0] if len(parts) > 1 else ""
