"""Whose files a command makes: those of the home's owner, also where root calls it.

What root leaves in a service's home, the service cannot read, and it fails from then on.
"""

import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path

from appliance import config
from appliance.errors import ConfigError

_PROGRAM = Path(__file__).resolve().parents[2]
_SET_DUMPABLE = 4  # of prctl(2)


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody on this machine; one without a name has no other groups and no home directory."""

    uid: int
    gid: int
    name: str
    groups: list[int]
    directory: str

    @classmethod
    def of(cls, place: Path) -> "Owner":
        """Raises OSError."""
        status = place.stat()
        try:
            known = pwd.getpwuid(status.st_uid)
        except KeyError:
            group = status.st_gid
            return cls(status.st_uid, group, f"#{status.st_uid}", [group], str(place))
        groups = os.getgrouplist(known.pw_name, known.pw_gid)
        return cls(known.pw_uid, known.pw_gid, known.pw_name, groups, known.pw_dir)


def become_owner(home: Path) -> None:
    """From now on the process is the home's owner and nobody else; nothing where it is that.

    Raises ConfigError where it may not become the owner of what is there.
    """
    data = home / "data"
    try:
        # What the service writes decides: its home may be root's, with settings it may read only.
        is_made = data.exists()
        owner = Owner.of(data if is_made else home)
    except OSError:  # not there yet, or nothing that this user may look into: that is said later
        return
    if owner.uid == os.geteuid():
        return
    if os.geteuid() == 0:
        _become(home, owner)
    elif is_made:
        raise ConfigError(_refusal(home, owner))


def _become(home: Path, owner: Owner) -> None:
    try:
        os.setgroups(owner.groups)
        os.setegid(owner.gid)
        hidden = _hidden_from(owner)
        descriptors = {path: os.open(path, os.O_PATH | os.O_DIRECTORY) for path in hidden}
        if hidden:
            import ctypes  # while it can be read
        os.setresgid(owner.gid, owner.gid, owner.gid)
        os.setresuid(owner.uid, owner.uid, owner.uid)
    except OSError as error:
        raise ConfigError(f"{_refusal(home, owner)} ({error.strerror})") from None
    config.set_home_directory(owner.directory)
    if hidden:
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 1, 0, 0, 0)  # else /proc/self/fd would be root's
        _import_from({path: f"/proc/self/fd/{number}" for path, number in descriptors.items()})


def _hidden_from(owner: Owner) -> list[str]:
    """Folders of Python that the owner may not search, such as a Python in root's own home.

    Raises PermissionError: all of the program is in one.
    """
    folders = [path for path in sys.path if path and Path(path).is_dir()]
    os.seteuid(owner.uid)
    try:
        hidden = [path for path in folders if not _is_reachable(Path(path))]
        if not _is_reachable(_PROGRAM):
            raise PermissionError(0, f"they may not read {_PROGRAM}")
        return hidden
    finally:
        os.seteuid(0)


def _is_reachable(path: Path) -> bool:
    try:
        next(path.iterdir(), None)
    except OSError:
        return False
    return True


def _import_from(moved: dict[str, str]) -> None:
    """Find what is imported later in the same folders by other paths."""
    for old, new in moved.items():
        sys.path[:] = [new if path == old else path for path in sys.path]
        for module in list(sys.modules.values()):
            paths = getattr(module, "__path__", None)
            if isinstance(paths, list):
                paths[:] = [
                    new + path.removeprefix(old) if path.startswith(f"{old}/") else path
                    for path in paths
                ]
    sys.path_importer_cache.clear()


def _refusal(home: Path, owner: Owner) -> str:
    return f"{home} belongs to {owner.name}: run it as them, `sudo -u {owner.name} appliance …`"
