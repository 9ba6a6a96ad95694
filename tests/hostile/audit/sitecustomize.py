"""On the path of every Python process of the service under attack: an audit hook (PEP 578) notes what smells of a request run as code.

$WITNESS is the file it writes to; $MARK stands in every attempt, so that whatever it reaches is noted.
"""

from __future__ import annotations

import os
import sys
from typing import Any

MARK = os.environ["MARK"]
NEVER = ("os.system", "pty.spawn", "shutil.rmtree", "pickle.find_class")
STARTS = ("os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen")  # of other programs than the service's own processes
TELLING = ("compile", "exec", "import", "open", "socket.connect", "os.listdir", "os.mkdir", "os.remove", "os.rename", "ctypes.dlopen")
WITNESS = os.open(os.environ["WITNESS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if (
        event in NEVER
        or (event in STARTS and "service.web.child" not in repr(arguments))
        or (event in TELLING and MARK in repr(arguments[:2]))
    ):
        os.write(WITNESS, f"{event} {repr(arguments)[:300]}\n".encode())


sys.addaudithook(watch)
