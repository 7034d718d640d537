"""The tab key in real shells: commands, also inside `broadcast`, where a text is allowed, too."""

import subprocess
import sys

import pytest

SUBCOMMANDS = {"send", "schedule", "show"}


@pytest.fixture
def run(tmp_path, root, find_program):
    """`run("fish", script)`: the script in a shell that finds `appliance` on its path."""
    program = tmp_path / "appliance"
    program.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c"
        ' "from appliance.cli import main; main(prog_name=\'appliance\')" "$@"\n'
    )
    program.chmod(0o755)

    def run(shell, script):
        done = subprocess.run(
            ["env", f"PATH={tmp_path}:/usr/bin:/bin", f"HOME={tmp_path}", find_program(shell)]
            + (["-f"] if shell == "zsh" else ["--no-config"] if shell == "fish" else [])
            + ["-c", script],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stderr == ""
        return done.stdout

    return run


BASH = """
eval "$(appliance completion bash)"
COMP_WORDS=(appliance {words}) COMP_CWORD={count}
_appliance_completion appliance
echo "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("b", {"bot", "broadcast"}),
        ("broadcast s", SUBCOMMANDS),
        ("broadcast --tr", {"--track"}),
        ("broadcast hello --tr", {"--track"}),
        ("broadcast send --tr", {"--track"}),
        ("broadcast schedule l", {"list"}),
        ("completion f", {"fish"}),
        ("user set", {"set-password", "set-role"}),
    ],
)
def test_bash(run, words, expected):
    script = BASH.format(words=words, count=len(words.split()))
    assert set(run("bash", script).split()) == expected


def test_bash_after_a_space(run):
    script = BASH.format(words="broadcast ''", count=2)
    assert set(run("bash", script).split()) > SUBCOMMANDS


def test_fish(run):
    script = "appliance completion fish | source; complete -C 'appliance broadcast s'"
    assert {line.split("\t")[0] for line in run("fish", script).splitlines()} == SUBCOMMANDS


ZSH = """
autoload -U compinit; compinit -u -d $HOME/dump
eval "$(appliance completion zsh)"
print $_comps[appliance]
COMP_WORDS="appliance broadcast s" COMP_CWORD=2 _APPLIANCE_COMPLETE=zsh_complete appliance
"""


def test_zsh(run):
    lines = run("zsh", ZSH).splitlines()
    assert lines[0] == "_appliance_completion"
    assert set(lines[2::3]) == SUBCOMMANDS  # each with its type before it and its help after it


def test_a_shell_nobody_knows(invoke):
    assert invoke("completion", "tcsh").exit_code == 2
