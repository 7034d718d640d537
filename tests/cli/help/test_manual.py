"""The manual page: whole, and without a complaint of those who print such pages."""

import re
import subprocess

from appliance.cli.root import COMMANDS


def test_it_has_every_command_and_can_be_printed(invoke, find_program):
    page = invoke("man").stdout
    assert page.isascii()
    done = subprocess.run(
        [find_program("groff"), "-man", "-ww", "-Wbreak", "-Tutf8"],
        input=page,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    shown = re.sub(".\b|\x1b\\[[0-9;]*m", "", done.stdout)  # overstruck or coloured: bold
    for name in COMMANDS:
        assert f"appliance {name}" in shown
    assert "broadcast send" in shown
    assert "try again later" in shown
    assert "'0 9 * * MON'" in shown, "quotes can be pasted into a shell"
