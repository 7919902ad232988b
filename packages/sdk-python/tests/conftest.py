"""What tests of the client speak with: the real API, and peers that answer as they are told."""

import contextlib
import http.server
import os
import pathlib
import subprocess
import threading
import time
from dataclasses import dataclass, field

import pytest

CHECKOUT = pathlib.Path(__file__).parents[3]
START_SECONDS = 120


@dataclass
class RealApi:
    url: str
    key: str


@pytest.fixture(scope="session")
def real_api(tmp_path_factory):
    """The API as it really runs, with PostgreSQL and Redis, started by what also serves schemathesis."""
    folder = tmp_path_factory.mktemp("api")
    node = CHECKOUT / "node_modules/.bin/node"
    process = subprocess.Popen([str(node), str(CHECKOUT / "api/schemathesis/serve.ts"), str(folder)], env=dict(os.environ))
    try:
        deadline = time.monotonic() + START_SECONDS
        url = folder / "url"
        while not (url.exists() and url.read_text()):
            assert process.poll() is None, "the API ended"
            assert time.monotonic() < deadline, "the API did not start"
            time.sleep(0.1)
        yield RealApi(url.read_text(), (folder / "key").read_text())
    finally:
        process.terminate()
        process.wait(START_SECONDS)


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What a peer answers; ``cut`` closes the connection in its place, ``hang`` waits for the caller to go."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    hang: bool = False


@pytest.fixture
def start_peer():
    """Starts real HTTP servers on loopback that record each request and answer by a function of it and its number."""
    with contextlib.ExitStack() as stack:

        def start(answer, ssl_context=None):
            received = []

            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"

                def respond(self):
                    body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                    names = {name.lower(): value for name, value in self.headers.items()}
                    received.append(Received(self.command, self.path, names, body))
                    given = answer(received[-1], len(received))
                    if given.hang:
                        self.rfile.read(1)
                    if given.hang or given.cut:
                        self.close_connection = True
                        return
                    self.send_response(given.status)
                    for name, value in {"Content-Length": str(len(given.body)), **given.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(given.body)

                do_GET = do_POST = do_PATCH = do_DELETE = respond

                def log_message(self, *_):
                    pass

            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            if ssl_context:
                server.socket = ssl_context.wrap_socket(server.socket, server_side=True)
            stack.callback(server.server_close)
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"http{'s' if ssl_context else ''}://127.0.0.1:{server.server_address[1]}", received

        yield start
