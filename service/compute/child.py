"""A worker's handle on one computing child: its channel, its processor time, its priority, its end."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import time
from pathlib import Path

from service.compute.channel import Channel

LARGEST_NOTES = 1_000_000  # bytes that are read from a blackboard


class Child:
    """A process forked by the zygote. `handle` is its pidfd: a signal can never reach another process that got its number."""

    def __init__(self, pid: int, handle: int, end: socket.socket, blackboard: int) -> None:
        self.pid = pid
        self.channel = Channel(end)
        self.is_slow = False
        self._handle = handle
        self._blackboard = blackboard
        self._clock = (~pid << 3) | 2  # the CPU-time clock of another process, as clock_getcpuclockid(3) makes it
        self._used_before = 0.0

    def is_alive(self) -> bool:
        """Whether it still listens."""
        return self.channel.is_open()

    def begin(self) -> None:
        """A new task: nothing used, nothing noted."""
        self._used_before = self._cpu()
        os.ftruncate(self._blackboard, 0)

    def used(self) -> float:
        """Seconds of processor time since `begin`."""
        return max(0.0, self._cpu() - self._used_before)

    def notes(self) -> bytes:
        """What the child has written on its blackboard since `begin`."""
        return os.pread(self._blackboard, LARGEST_NOTES, 0)

    def slow_down(self) -> None:
        """From now on it runs when nobody else wants the processor. There is no way back."""
        self.is_slow = True
        with contextlib.suppress(OSError):
            os.sched_setscheduler(self.pid, os.SCHED_IDLE, os.sched_param(0))
        with contextlib.suppress(OSError):  # where the scheduler's classes are not to be had
            os.setpriority(os.PRIO_PROCESS, self.pid, 19)
        self.slow_down_group()

    def slow_down_group(self) -> bool:
        """Where Linux shares the processor out by sessions first (autogroup), a session has a niceness, too; a child has one of its
        own. False when it is to be tried again: ten times a second somebody who is not root may set one."""
        try:
            Path(f"/proc/{self.pid}/autogroup").write_text("19", encoding="ascii")
        except OSError as error:
            return error.errno != errno.EAGAIN
        return True

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Ends it at once, whatever it is at, and lets go of it."""
        self._signal(signal.SIGKILL)
        self.channel.close()
        for descriptor in (self._handle, self._blackboard):
            os.close(descriptor)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)

    def _cpu(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:  # it is gone
            return self._used_before
