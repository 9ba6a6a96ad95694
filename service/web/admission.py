"""Who may ask: what stands between the server and every request, the remembered ones included (service/web/front.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Admission(Protocol):
    """`waits` tells whether `admit` may have to wait for another server, so that it must not be called in the loop that accepts
    connections (service/web/worker.py)."""

    waits: bool

    def admit(self, environ: WSGIEnvironment) -> list[tuple[str, str]]:
        """Headers that the answer to this request carries. Raises NablaError (401, 403, 429, ...) for one that is turned away."""
