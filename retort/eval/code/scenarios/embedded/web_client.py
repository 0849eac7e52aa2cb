"""Runs inside the sandbox: starts the candidate's server (server.py PORT) as a child and talks to it over loopback, as
it is told from outside. It returns what it saw, status, headers and body, and judges nothing. The child gets none of
its descriptors, so it cannot write frames of its own."""
import http.client
import signal
import socket
import subprocess
import sys
import threading
import time

HOST = "127.0.0.1"
TIMEOUT = 5  # seconds that an answer, or the end after SIGTERM, may take
START_TIMEOUT = 8
MAX_BODY = 1 << 18

server = None
port = 0


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def start():
    """Starts the server; returns whether it accepts connections within some seconds."""
    global server, port
    port = free_port()
    server = subprocess.Popen([sys.executable, "server.py", str(port)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=2, close_fds=True, start_new_session=True)
    end = time.monotonic() + START_TIMEOUT
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


def send(connection, data):
    """A server may refuse a body before it has read it all; its answer counts then."""
    try:
        connection.send(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


def one(request):
    """request: {method, path, headers, body}. A failure of the connection is told as one."""
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT)
    try:
        body = request.get("body")
        connection.putrequest(request["method"], request["path"], skip_accept_encoding=True)
        headers = dict(request.get("headers", {}))
        if body is not None and "Content-Length" not in headers:
            headers["Content-Length"] = str(len(body.encode()))
        for key, value in headers.items():
            connection.putheader(key, value)
        connection.endheaders()
        if body:
            send(connection, body.encode())
        response = connection.getresponse()
        data = response.read(MAX_BODY)
        seen = {key.lower(): value for key, value in response.getheaders()[:40]}
        return {"status": response.status, "headers": seen, "body": data.decode("utf-8", "replace")}
    except (OSError, http.client.HTTPException) as error:
        return {"failed": "%s: %s" % (type(error).__name__, str(error)[:200])}
    finally:
        connection.close()


def parallel(requests):
    """All at once, as nearly as threads can."""
    seen = [None] * len(requests)
    barrier = threading.Barrier(len(requests))

    def work(i):
        barrier.wait()
        seen[i] = one(requests[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def terminate():
    """SIGTERM: the exit status, or null if it still runs after some seconds; and whether the port is closed."""
    server.send_signal(signal.SIGTERM)
    try:
        status = server.wait(TIMEOUT)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
        return {"status": None, "closed": False}
    try:
        socket.create_connection((HOST, port), timeout=1).close()
        return {"status": status, "closed": False}
    except OSError:
        return {"status": status, "closed": True}
