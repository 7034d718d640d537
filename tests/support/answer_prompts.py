"""Runs a command at a terminal and types an answer to each prompt: answer_prompts.py COMMAND.

The answers are lines of standard input. A prompt is what ends with a colon and a space.
"""

import os
import pty
import sys


def main(command: str, answers: list[str]) -> int:
    process, terminal = pty.fork()
    if not process:
        os.execvp("bash", ["bash", "-c", command])  # noqa: S606
    said = b""
    while chunk := _read(terminal):
        sys.stdout.buffer.write(chunk)
        said += chunk
        if said.endswith(b": ") and answers:
            os.write(terminal, answers.pop(0).encode() + b"\n")
            said = b""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that nobody has the other end any more
        return b""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.stdin.read().splitlines()))
