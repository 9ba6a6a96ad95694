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

SLOW = 5  # niceness, a third of the usual weight: with a tenth of it honest work stood still beside other processes
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

    def slow_down(self) -> bool:
        """From now on others go first: it has a third of what they have. There is no way back. False when it is to be tried again.

        Where Linux shares the processor out by sessions first (autogroup), it is the session that has to be slow, and a child has
        one of its own, once it has come so far as to make it. Who is not root may set one session's niceness ten times a second.
        """
        self.is_slow = True
        if not self._exists():
            return True
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, SLOW)
        try:
            if os.getsid(self.pid) != self.pid:  # it would be the session of the whole service
                return False
            Path(f"/proc/{self.pid}/autogroup").write_text(str(SLOW), encoding="ascii")
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

    def _exists(self) -> bool:
        try:
            signal.pidfd_send_signal(self._handle, 0)
        except ProcessLookupError:
            return False
        return True

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)

    def _cpu(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError:  # it is gone
            return self._used_before
