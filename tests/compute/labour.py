"""`python -m tests.compute.labour FD`: a zygote whose children do what a test tells them, in the place of mathematics."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time

import numpy as np

from service.compute import channel, zygote
from service.compute.channel import Channel

MEMORY = 1_000_000_000


def work(task: bytes, parent: Channel, blackboard: int) -> bytes:
    name, _, rest = task.decode().partition(" ")
    if name == "echo":
        return rest.encode()
    if name == "pid":
        return str(os.getpid()).encode()
    if name == "priority":
        return str(os.getpriority(os.PRIO_PROCESS, 0)).encode()
    if name == "spin":  # processor time, in Python
        end = time.process_time() + float(rest)
        while time.process_time() < end:
            pass
    if name == "sleep":
        time.sleep(float(rest))
    if name == "hang":  # in C, deaf to signals, holding the interpreter's lock
        ctypes.PyDLL(None).sleep(int(rest))
    if name == "lapack":  # a product that takes minutes, in one call
        size = np.ones((6_000, 6_000))
        while True:
            size @ size
    if name == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "die-once":  # rest names a file
        if not os.path.exists(rest):
            with open(rest, "w", encoding="ascii"):
                pass
            os.kill(os.getpid(), signal.SIGKILL)
        return b"second"
    if name == "eat":
        try:
            return str(len(bytearray(int(rest)))).encode()
        except MemoryError:
            return b"no memory"
    if name == "ask":
        parent.send(channel.ASK, rest.encode())
        return parent.receive()[1]
    if name == "ask-then-sleep":
        parent.send(channel.ASK, b"")
        parent.receive()
        time.sleep(60)
    if name == "note":
        os.write(blackboard, rest.encode())
        time.sleep(60)
    if name == "large":
        return b"x" * int(rest)
    return name.encode()


if __name__ == "__main__":
    zygote.die_with_parent()
    zygote.serve(socket.socket(fileno=int(sys.argv[1])), work, MEMORY)
