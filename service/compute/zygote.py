"""The process that computing children are forked from: everything is imported and warmed up in it once, and nothing else runs in it.

It is started by exec, never by a fork of a worker with its threads; it has one thread, and holds no request's data. For each
byte that arrives on its control socket it forks, and answers with the new process's id and pidfd: a child, when the child's end
of a channel and of a blackboard come with the byte, or a twin that takes its place when it dies, when a control socket does.
A zygote ends when its control socket does; whatever happens, nobody outlives the worker: the sockets end with it, and the
kernel kills the first zygote with the worker, and the children with their zygote (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import signal
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from service.compute import channel
from service.compute.channel import Channel, Closed

READY = b"ready..."  # as long as a process id
CHILD, TWIN = b"c", b"t"
PID = struct.Struct("!q")
PR_SET_PDEATHSIG = 1
MOST_TASKS = 1_000  # after which a child is replaced
MOST_GROWTH = 96_000  # kilobytes, likewise
IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)

Work = Callable[[bytes, Channel, int], bytes]


def serve(control: socket.socket, work: Work, memory: int) -> None:
    """Forks children until the control socket closes. A child answers tasks by `work(task, channel, blackboard)`, with at
    most `memory` bytes of address space."""
    for number in IGNORED:  # a terminal or a supervisor signals the whole group; the worker decides when it is over
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    gc.collect()
    gc.freeze()  # so that a child's collections leave the shared pages alone
    control.sendall(READY)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if not message:
            return
        own = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            pid = -1
        if pid == 0:
            control.close()
            if message == CHILD:
                _child(own, Channel(socket.socket(fileno=descriptors[0])), descriptors[1], work, memory)
            control = socket.socket(fileno=descriptors[0])
            continue
        _tell(control, pid)
        for descriptor in descriptors:
            os.close(descriptor)


def die_with_parent() -> None:
    """The kernel kills this process when the thread that started it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _tell(control: socket.socket, pid: int) -> None:
    """The child's process id and pidfd, or -1 where there is none."""
    try:
        handle = os.pidfd_open(pid) if pid > 0 else -1
    except OSError:  # it is gone already
        handle = -1
    if handle < 0:
        control.sendall(PID.pack(-1))
        return
    socket.send_fds(control, [PID.pack(pid)], [handle])
    os.close(handle)


def _child(zygote: int, parent: Channel, blackboard: int, work: Work, memory: int) -> None:
    """The life of a child: task after task. Never returns."""
    status = 1
    try:
        die_with_parent()
        if os.getppid() == zygote:
            os.setsid()  # a session of its own: Child.slow_down_group
            with contextlib.suppress(OSError):  # when memory is short, this process goes, not the worker
                Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            _loop(parent, blackboard, work)
        status = 0
    except Closed:
        status = 0
    finally:
        os._exit(status)


def _loop(parent: Channel, blackboard: int, work: Work) -> None:
    first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(MOST_TASKS):
        _, task = parent.receive()
        answer = work(task, parent, blackboard)
        worn = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - first > MOST_GROWTH
        parent.send(channel.ANSWER, (b"-" if worn else b"+") + answer)
        if worn:
            return
