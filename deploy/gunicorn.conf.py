"""How gunicorn runs the service, in `make serve`, in the container and in the tests. HOST, PORT and WEB_CONCURRENCY change it."""

import os
from pathlib import Path

# One BLAS thread a process, set before NumPy is first imported: several under load make a decomposition 2 to 4 times slower,
# and a thread pool would not survive the fork.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

_host = os.environ.get("HOST", "127.0.0.1")
_port = os.environ.get("PORT", "8000")
_address = f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}"

bind = [_address]
wsgi_app = "service.app:create_app()"
chdir = str(Path(__file__).resolve().parent.parent)

# gthread, whose main loop waits for slow clients; one process a core, for the mathematics holds the interpreter.
worker_class = "service.web.worker.Worker"
threads = 64  # most of them wait, for a client or for a computation in another process; requests-in-flight sheds before they run out
workers = int(os.environ.get("WEB_CONCURRENCY") or max(2, len(os.sched_getaffinity(0))))
preload_app = True  # imported once, memory shared; so create_app starts no thread and opens no connection

timeout = 60  # a worker that has not beaten its heart for so long is replaced (no deadline of a request)
graceful_timeout = 30  # what is in flight at SIGTERM may take so long
keepalive = 30
max_requests = 20_000  # a worker is replaced now and then, so that no leak lasts
max_requests_jitter = 2_000

limit_request_line = 8_190  # an expression in a query; longer ones go into a body
limit_request_fields = 64
limit_request_field_size = 8_190
forwarder_headers = ""  # no client names the path under which the service is mounted
sendfile = False  # what is sent goes through the worker's sockets, in order

worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # the heartbeat file must not wait for a disk
control_socket_disable = True  # writes into the home directory otherwise
accesslog = None  # the service logs requests itself, as JSON
errorlog = "-"


def post_worker_init(worker):
    """The worker has forked and loaded the application: now its threads may start (service/web/state.py)."""
    state = getattr(worker.wsgi, "extensions", {}).get("nabla")
    if state is not None:
        state.begin(worker)
        # one that takes another's place: until it can compute, the others take its requests
        if worker.age > worker.cfg.workers and state.pool is not None:
            state.pool.nursery.wait_until_up(10)


def worker_exit(server, worker):
    """What was in flight is done."""
    state = getattr(worker.wsgi, "extensions", {}).get("nabla")
    if state is not None:
        state.end()


def when_ready(server):
    """Says, once the socket is open, where the service is and what to paste."""
    server.log.info(
        "ready. Try:\n\n    curl -s http://%s/v1/gradient -H 'Content-Type: application/json' \\\n"
        '         -d \'{"expression": "x1^2 + 3*x1*x2 + x2^2", "at": {"x1": 1, "x2": 2}}\'\n',
        _address,
    )
