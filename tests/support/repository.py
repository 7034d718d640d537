"""The files of the working copy that are the project's."""

import shutil
import subprocess
from pathlib import Path


def tracked(root: Path) -> list[str]:
    """The names of what git has or would take; without git, of what the source archive brought."""
    if (root / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        names = done.stdout.split("\0")
    else:
        names = (root / "appliance.egg-info" / "SOURCES.txt").read_text("utf-8").splitlines()
    return sorted({name for name in names if name and (root / name).is_file()})


def copy_tracked(root: Path, folder: Path) -> Path:
    """`folder`, with all of it as it stands."""
    for name in tracked(root):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, folder / name)
    return folder
