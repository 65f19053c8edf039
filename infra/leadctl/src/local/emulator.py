"""Runs the emulator. Holds the lock file while it lives, and, told to, dies with the process that started it."""

import fcntl
import os
import signal
import sys
import threading


def die_with_the_starter() -> None:
    # The starter holds the other end of this pipe and writes nothing: the end of the file is the end of the starter,
    # however it came. Killing the group takes the functions' processes along.
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


lock = open(sys.argv[1], "a")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit("another emulator runs in this folder")
if sys.argv[2] == "attached":
    threading.Thread(target=die_with_the_starter, daemon=True).start()

sys.argv = ["ministack"]
from ministack.app import main  # noqa: E402 (it reads its arguments when imported)

main()
