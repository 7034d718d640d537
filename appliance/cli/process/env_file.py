"""What is odd about a home's `.env` and no error: names nobody reads, a mode that is too open."""

import stat
from pathlib import Path
from shlex import quote

from appliance import config, env_file
from appliance.cli.suggest import distance

MOST_OFF = 3
"""Letters by which a name may differ from a setting's, to be taken for it."""

_OPEN = stat.S_IRWXO | stat.S_IWGRP  # a service's settings may be root's, readable by its group
_KNOWN = {*config.NAMES, *(f"{name}_FILE" for name in config.SECRETS)}


def oddities(home: Path) -> list[str]:
    """A line for each; none where there is no `.env`. Raises ConfigError: it cannot be read."""
    path = home / ".env"
    unknown = [name for name in env_file.read(path) if name not in _KNOWN]
    lines = [f"{path}: {name} is no setting of this program{_meant(name)}" for name in unknown]
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return lines
    if mode & _OPEN:
        lines.append(f"{path} is open to others (mode {mode:04o}): chmod 600 {quote(str(path))}")
    return lines


def _meant(name: str) -> str:
    nearest = min(sorted(_KNOWN), key=lambda known: distance(name.upper(), known))
    off = distance(name.upper(), nearest)
    return f": did you mean {nearest}?" if off <= min(MOST_OFF, len(nearest) // 2) else ""
