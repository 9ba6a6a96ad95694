"""Where children come from: the zygote of this worker, started anew when it dies, and the children that wait for work."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import select
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from service.compute import zygote
from service.compute.child import Child

ROOT = Path(__file__).resolve().parent.parent.parent
PAUSE = 0.2  # seconds between a zygote that died, or a fork that failed, and the next try
LONGEST_START = 60  # seconds that the imports and the warm-up of a zygote may take

log = logging.getLogger("nabla.compute")


class Nursery:
    """Keeps `size` children, ready or at work in their first slice. `command` starts a zygote; the number of its control socket
    is added as a last argument.

    One thread, which lives as long as this process does, starts the zygote: the kernel ends a process with the *thread*
    that started it.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], size: int) -> None:
        self._command, self._environment, self._size = command, environment, size
        self._changed = threading.Condition()
        self._ready: list[Child] = []
        self._at_work = 0  # children that are out, and expected back
        self._asked = 0  # threads that wait for a child
        self._open = True
        self._alarm = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.is_up = False
        self.started = 0  # zygotes
        self._thread = threading.Thread(target=self._keep, name="nursery", daemon=True)
        self._thread.start()

    @property
    def zygote(self) -> int | None:
        """Its process id."""
        return self._process.pid if self._process else None

    def take(self, until: float) -> Child | None:
        """A child that is ready, or None when there was none by the time `until` (time.monotonic)."""
        with self._changed:
            self._asked += 1
            try:
                while not self._ready:
                    self._wake()
                    left = until - time.monotonic()
                    if left <= 0 or not self._open:
                        return None
                    self._changed.wait(left)
                self._at_work += 1
                return self._ready.pop()
            finally:
                self._asked -= 1

    def give_back(self, child: Child) -> None:
        """The child has done its task and can do another."""
        with self._changed:
            self._at_work -= 1
            if self._open and len(self._ready) < max(self._size, self._asked):
                self._ready.append(child)
                self._changed.notify()
                return
        child.kill()

    def let_go(self) -> None:
        """A child that was taken will not come back."""
        with self._changed:
            self._at_work -= 1
        self._wake()

    def close(self) -> None:
        """Ends the zygote and every child of it."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
        self._wake()
        if threading.current_thread() is not self._thread:
            self._thread.join(5)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            os.eventfd_write(self._alarm, 1)

    def _keep(self) -> None:
        while self._open:
            try:
                self._start()
                self._fork_as_wanted()
            except (OSError, EOFError, subprocess.SubprocessError) as error:
                if self._open:
                    log.warning("the process that computing children are forked from ended and is started anew: %r", error)
            finally:
                self._stop()
            if self._open:
                time.sleep(PAUSE)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [*self._command, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=ROOT,
                env={**os.environ, **self._environment},
            )
        self._control = ours
        self.started += 1
        ours.settimeout(LONGEST_START)
        if ours.recv(len(zygote.READY)) != zygote.READY:
            raise EOFError("it did not start")

    def _fork_as_wanted(self) -> None:
        control = self._control
        assert control is not None
        events = select.poll()
        events.register(control, select.POLLIN | select.POLLHUP)
        events.register(self._alarm, select.POLLIN)
        while self._open:
            while self._open and self._wants_more():
                child = _fork(control)
                if child is None:
                    time.sleep(PAUSE)
                    continue
                with self._changed:
                    self._ready.append(child)
                    self._changed.notify()
                self.is_up = True
            for descriptor, _ in events.poll():
                if descriptor == self._alarm:
                    os.eventfd_read(self._alarm)
                else:
                    raise EOFError("it died")

    def _wants_more(self) -> bool:
        with self._changed:
            return len(self._ready) < max(self._asked, self._size - self._at_work)

    def _stop(self) -> None:
        """No child of a zygote that is gone is ready for anything."""
        self.is_up = False
        with self._changed:
            orphans, self._ready = self._ready, []
        for child in orphans:
            child.kill()
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _fork(control: socket.socket) -> Child | None:
    """Asks the zygote for one child; None when it cannot fork now. Raises OSError or EOFError when it is gone."""
    ours, theirs = socket.socketpair()
    blackboard = os.memfd_create("blackboard", os.MFD_CLOEXEC)
    fcntl.fcntl(blackboard, fcntl.F_SETFL, os.O_APPEND)
    try:
        with theirs:
            socket.send_fds(control, [b"f"], [theirs.fileno(), blackboard])
        data, descriptors, _, _ = socket.recv_fds(control, zygote.PID.size, 1)
        if not data:
            raise EOFError("it died")
    except BaseException:
        ours.close()
        os.close(blackboard)
        raise
    if not descriptors:
        ours.close()
        os.close(blackboard)
        return None
    return Child(zygote.PID.unpack(data)[0], descriptors[0], ours, blackboard)
