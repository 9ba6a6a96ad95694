"""Where children come from: the zygote of this worker and its twin, which replace each other, and the children that wait for work."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from service.compute.child import Child
from service.compute.zygote import CHILD, PID, READY, TWIN

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
        self._process: subprocess.Popen[bytes] | None = None
        self._zygotes: list[_Zygote] = []  # the one at work, and its twin
        self.is_up = False
        self._thread = threading.Thread(target=self._keep, name="nursery", daemon=True)
        self._thread.start()

    @property
    def zygote(self) -> int | None:
        """The process id of the zygote at work."""
        zygotes = self._zygotes
        return zygotes[0].pid if zygotes else None

    def take(self, until: float) -> Child | None:
        """A child that is ready, or None when there was none by the time `until` (time.monotonic)."""
        with self._changed:
            self._asked += 1
            try:
                while True:
                    while self._ready:
                        child = self._ready.pop()
                        if child.is_alive():
                            self._at_work += 1
                            return child
                        child.kill()
                    self._wake()
                    left = until - time.monotonic()
                    if left <= 0 or not self._open:
                        return None
                    self._changed.wait(left)
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

    def wait_until_up(self, seconds: float) -> bool:
        """Whether there are children, within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.is_up or not self._open, seconds)

    def close(self) -> None:
        """Ends the zygotes and every child of them."""
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
        """A zygote at work, and its twin that takes over when it dies; a new one when there is none."""
        while self._open:
            try:
                if not self._zygotes:
                    self._start()
                self._serve(self._zygotes[0])
            except (OSError, EOFError, subprocess.SubprocessError) as error:
                if self._open:
                    log.warning("a process that computing children are forked from has ended; another takes its place: %r", error)
                    if not self._zygotes:
                        time.sleep(PAUSE)
            finally:
                self._drop()
        while self._zygotes:
            self._drop()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        os.close(self._alarm)

    def _start(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [*self._command, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=ROOT,
                env={**os.environ, **self._environment},
            )
        zygote = _Zygote(self._process.pid, os.pidfd_open(self._process.pid), ours)
        self._zygotes.append(zygote)
        ours.settimeout(LONGEST_START)
        if ours.recv(len(READY)) != READY:
            raise EOFError("it did not start")

    def _serve(self, zygote: _Zygote) -> None:
        """Forks as children are wanted. Raises OSError or EOFError when the zygote is gone."""
        while self._open:
            while self._open and self._wants_more():
                child = zygote.fork()
                if child is None:
                    time.sleep(PAUSE)
                    continue
                with self._changed:
                    self._ready.append(child)
                    self.is_up = True
                    self._changed.notify_all()
            if len(self._zygotes) < 2:
                self._zygotes.append(zygote.twin())
            twin = self._zygotes[1]
            events = select.poll()
            for descriptor in (self._alarm, zygote.control.fileno(), twin.control.fileno()):
                events.register(descriptor, select.POLLIN)
            for descriptor, _ in events.poll():
                if descriptor == self._alarm:
                    os.eventfd_read(self._alarm)
                elif descriptor == twin.control.fileno():
                    self._zygotes.remove(twin)
                    twin.end()
                else:
                    raise EOFError("it died")

    def _wants_more(self) -> bool:
        with self._changed:
            return len(self._ready) < max(self._asked, self._size - self._at_work)

    def _drop(self) -> None:
        """The zygote at work is gone, or is to go; its children with it."""
        with self._changed:
            self.is_up = False
            orphans, self._ready = self._ready, []
        for child in orphans:
            child.kill()
        if self._zygotes:
            self._zygotes.pop(0).end()


class _Zygote:
    """A worker's handle on a zygote: its control socket, and its pidfd."""

    def __init__(self, pid: int, handle: int, control: socket.socket) -> None:
        self.pid, self.control = pid, control
        self._handle = handle

    def fork(self) -> Child | None:
        """A new child; None when it cannot fork now. Raises OSError or EOFError when it is gone."""
        ours, theirs = socket.socketpair()
        blackboard = os.memfd_create("blackboard", os.MFD_CLOEXEC)
        fcntl.fcntl(blackboard, fcntl.F_SETFL, os.O_APPEND)
        try:
            with theirs:
                forked = self._ask(CHILD, [theirs.fileno(), blackboard])
        except BaseException:
            forked = None
            raise
        finally:
            if forked is None:
                ours.close()
                os.close(blackboard)
        return Child(*forked, ours, blackboard) if forked else None

    def twin(self) -> _Zygote:
        """Another zygote, forked from this one. Raises OSError or EOFError when there is none to be had."""
        ours, theirs = socket.socketpair()
        with theirs:
            forked = self._ask(TWIN, [theirs.fileno()])
        if forked is None:
            ours.close()
            raise OSError("it could not fork")
        return _Zygote(*forked, ours)

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        self.control.close()
        os.close(self._handle)

    def _ask(self, kind: bytes, descriptors: list[int]) -> tuple[int, int] | None:
        """Process id and pidfd of what was forked."""
        socket.send_fds(self.control, [kind], descriptors)
        data, handles, _, _ = socket.recv_fds(self.control, PID.size, 1)
        if not data:
            raise EOFError("it died")
        return (PID.unpack(data)[0], handles[0]) if handles else None
