"""The `appliance` command. Each command lives in a file of its own and is imported when it is called."""

from appliance.cli.root import main

__all__ = ["main"]
