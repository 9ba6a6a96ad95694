"""Servers that a Redis client must survive. Each behaviour gets the open connection and does its worst with it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

Behaviour = Callable[[socket.socket], None]


def never_answers(connection: socket.socket) -> None:
    while connection.recv(1000):
        pass


def drips(connection: socket.socket) -> None:
    """A byte every 10 ms, a length that never ends: each single receive is fast."""
    connection.recv(1000)
    connection.sendall(b"$1000000\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.01)


def talks_rubbish(connection: socket.socket) -> None:
    while connection.recv(1000):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nhello\r\n")


def promises_too_much(connection: socket.socket) -> None:
    while connection.recv(1000):
        connection.sendall(b"$999999999999\r\nx")


def dies_in_the_middle(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.sendall(b"$100\r\nhalf of")


def is_full(connection: socket.socket) -> None:
    while connection.recv(1000):
        connection.sendall(b"-OOM command not allowed when used memory > 'maxmemory'.\r\n")


def gives_a_number(connection: socket.socket) -> None:
    while connection.recv(1000):
        connection.sendall(b":42\r\n")


def gives_a_list(connection: socket.socket) -> None:
    while connection.recv(1000):
        connection.sendall(b"*2\r\n$1\r\na\r\n$1\r\nb\r\n")


BEHAVIOURS: tuple[Behaviour, ...] = (
    never_answers,
    drips,
    talks_rubbish,
    promises_too_much,
    dies_in_the_middle,
    is_full,
    gives_a_number,
    gives_a_list,
)


@contextlib.contextmanager
def server(behave: Behaviour) -> Iterator[str]:
    """The URL of a server that behaves like this with every client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                behave(connection)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        listener.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def nobody() -> Iterator[str]:
    """The URL of a port that refuses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def unroutable() -> Iterator[str]:
    """The URL of a listener that never accepts: its queue is full, and a further connection waits for ever."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(address)
            waiting.append(client)
        yield f"redis://127.0.0.1:{address[1]}/0"
        for client in waiting:
            client.close()
