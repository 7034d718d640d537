"""`appliance` without its start-up: a process that has imported all of it forks for each command.

    forking.py serve SOCKET              prints a line when it listens
    forking.py run SOCKET ARGUMENT…      is `appliance ARGUMENT…`, with the exit code and all

Importing takes two thirds of a second of CPU, and the documents show a hundred commands.
"""

import json
import os
import signal
import socket
import sys


def serve(path):
    import pkgutil
    from importlib import import_module

    import appliance
    from appliance.cli import main

    for module in pkgutil.walk_packages(appliance.__path__, "appliance."):
        if not module.name.startswith(("appliance.__main__", "appliance.migrations")):
            import_module(module.name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print("listening", flush=True)
        while True:
            connection, _ = listener.accept()
            if not os.fork():
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                answer(connection, main)
            connection.close()


def answer(connection, main):
    """Be the command that the client asks for, and tell it the exit code."""
    said, files, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    arguments, folder, environ = json.loads(said)
    os.chdir(folder)
    os.environ.clear()  # noqa: TID251 - it becomes the client
    os.environ.update(environ)  # noqa: TID251
    code = 1
    try:
        main(arguments, prog_name="appliance")
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(str(code).encode())
        os._exit(0)


def run(path, arguments):
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        wanted = [arguments, os.getcwd(), dict(os.environ)]  # noqa: TID251 - to hand it on
        socket.send_fds(server, [json.dumps(wanted).encode()], [0, 1, 2])
        sys.exit(int(server.recv(16)))


if __name__ == "__main__":
    _, what, path, *arguments = sys.argv
    if what == "serve":
        serve(path)
    run(path, arguments)
