"""`sluice serve` as it is, with a destination that answers as the test says."""

import base64
import gzip
import http.server
import json
import os
import subprocess
import tempfile
import threading
import urllib.request

from browser import wait_until

TOKEN = "0123456789abcdef"


class Destination:
    """A data plane: `status` is what it answers."""

    def __init__(self, status=200):
        self.status = status
        self.events = []  # that were accepted
        destination = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                if destination.status == 200:
                    destination.events += json.loads(body)["batch"]
                self.send_response(destination.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def names(self):
        return [event["event"] for event in self.events]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class RealServer:
    """The command that SLUICE_COMMAND names, on a queue in a file."""

    def __init__(self, destination):
        self.folder = tempfile.TemporaryDirectory()
        self.command = os.environ["SLUICE_COMMAND"]
        self.queue = ["--store", f"sqlite:{self.folder.name}/queue.db"]
        with open(self.path("token"), "w", encoding="utf-8") as token:
            token.write(TOKEN + "\n")
        self.log = open(self.path("log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [self.command, "serve", "--url", destination.url, "--listen", "127.0.0.1:0"]
            + ["--admin-token-file", self.path("token")]
            + self.queue,
            env={**os.environ, "SLUICE_WRITE_KEY": "k"},
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        said = self.process.stdout.readline()
        self.url = said.removeprefix("listening on ").strip()
        if not self.url.startswith("http"):
            raise AssertionError(f"sluice serve has not started: {said}{self.said()}")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def said(self):
        with open(self.path("log"), encoding="utf-8") as log:
            return log.read()

    def send(self, name, count=1, **more):
        """Sends track events, and returns when they are stored."""
        events = [{"type": "track", "userId": f"user-{i}", "event": name, **more} for i in range(count)]
        request = urllib.request.Request(
            self.url + "/v1/batch",
            json.dumps({"batch": events}).encode(),
            {"Content-Type": "application/json", "Authorization": "Basic " + base64.b64encode(b"k:").decode()},
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            assert answer.status == 200

    def counts(self):
        """What the store says, asked by another process."""
        told = subprocess.run(
            [self.command, "status", "--json"] + self.queue, capture_output=True, text=True, check=True, timeout=60
        )
        return json.loads(told.stdout)

    def comes_to(self, **counts):
        wait_until(lambda: counts.items() <= self.counts().items(), f"{counts} in the store", 30)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        self.folder.cleanup()
