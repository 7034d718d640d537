"""The `appliance` command. Each command has a file and is imported when called."""

from appliance.cli.root import main

__all__ = ["main"]
