#!/usr/bin/env python3
"""A stand-in for the server behind the page: its files, and the administration API with made-up figures.

It can be looked at with a browser: stand_in.py --scenario unavailable [--port 8424] [--token TOKEN] [--no-stream]
"""

import argparse
import http.server
import json
import math
import os
import re
import threading
import time
import urllib.parse

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "server", "page")
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HOSTILE = [
    '<script>window.harmed = true</script>',
    '<img src=x onerror="window.harmed = true">',
    '"><svg onload=harmed=true>',
]
SCENARIOS = [
    "idle",
    "flowing",
    "late",
    "unavailable",
    "misconfigured",
    "paused",
    "paused_by_guard",
    "store_failed",
    "stopping",
    "many_dead",
    "hostile",
    "lost",
    "full",
    "memory",
]
HOUR_MS = 3_600_000
BIG = 2**53 + 1  # is rounded where numbers are doubles


def now_ms():
    return int(time.time() * 1000)


def make_letters(n, reasons, hostile=False):
    now = now_ms()
    letters = []
    for i in range(n):
        status, reason = reasons[(i * i + i // 3) % len(reasons)]
        events = [
            {
                "type": "track",
                "event": "Order Completed" if i % 3 else "Cart Viewed",
                "userId": f"u-{i % 17}",
                "messageId": f"m-{i}-{j}",
                "timestamp": "2026-11-30T03:02:11.123Z",
                "properties": {
                    "total": 27.5 + j,
                    "currency": "EUR",
                    "order": BIG + i,
                    "items": [{"sku": f"A-{i}", "n": j + 1}],
                },
                "context": {"library": {"name": "sluice", "version": "1.0.0"}},
            }
            for j in range(1 + i % 4)
        ]
        if hostile:
            for event in events:
                event.update(
                    {
                        "event": HOSTILE[i % 3],
                        "userId": HOSTILE[0],
                        HOSTILE[1]: HOSTILE[2],
                        "properties": {HOSTILE[0]: HOSTILE[1], "nested": [HOSTILE]},
                        "type": HOSTILE[1],
                    }
                )
        letters.append(
            {
                "id": f"01j{i:05d}-7f3a9c",
                "events": len(events),
                "attempts": 1 + i % 5,
                "status": status,
                "reason": HOSTILE[i % 3] if hostile else reason.replace("#", str(1000 + i)),
                "died_ms": now - 3 * HOUR_MS + i * (3 * HOUR_MS // (n + 1)),
                "batch": events,
            }
        )
    return letters


GUARD_REASONS = [(400, "HTTP 400: property total must be a number, in message m-#")]
REASONS = GUARD_REASONS * 5 + [
    (422, "HTTP 422: unknown source"),
    (0, "attempts used up: connection refused"),
    (413, "HTTP 413: an event of # bytes is too large"),
    (400, "HTTP 400: userId is not known"),
]


class State:
    """What the server would know. One lock for all of it."""

    def __init__(self, scenario, token=None, stream=True):
        self.lock = threading.Lock()
        self.token = token
        self.stream = stream
        self.no_stream = 404  # what is answered then
        self.requests = []  # (method, path, body) of all that changes something
        self.authorizations = []
        self.refuse_changes = token is None
        self.fail_next = None  # (status, words): the answer to the next change
        self.poll_count = 0
        self.jobs = []
        self.erased = 0
        self.blocked = set()  # ids of users
        self.erase_error = ""  # of the jobs that erase, at their end
        self.hold_export = False  # whether pages after the first have to wait
        self.fail_export = None  # (status, words): the answer to an export
        self.use(scenario)

    def use(self, scenario):
        self.scenario = scenario
        self.began = time.time()
        self.since_ms = now_ms() - 12 * 60_000
        self.state = {
            "late": "flowing",
            "many_dead": "flowing",
            "hostile": "flowing",
            "lost": "flowing",
            "memory": "flowing",
            "full": "flowing",
        }.get(scenario, scenario)
        n = {"paused_by_guard": 20, "many_dead": 730, "hostile": 6}.get(scenario, 0)
        self.letters = make_letters(
            n, GUARD_REASONS if scenario == "paused_by_guard" else REASONS, scenario == "hostile"
        )

    # -- figures ------------------------------------------------------------------------------------------------------

    def waiting(self):
        return {
            "unavailable": 48_213,
            "misconfigured": 20_470,
            "paused": 9_204,
            "paused_by_guard": 6_120,
            "store_failed": 0,
            "late": 61_500,
            "stopping": 120,
        }.get(self.scenario, 0)

    def status(self):
        ran = time.time() - self.began
        flows = self.state == "flowing"
        waiting = self.waiting()
        if self.scenario == "late":
            waiting = max(0, waiting - int(ran * 180))
        elif flows and self.scenario in ("unavailable", "misconfigured", "paused", "paused_by_guard"):
            waiting = max(0, waiting - int(ran * 900))  # resumed: it drains
        retry = {"unavailable": 140}.get(self.scenario, 0) if not flows else 0
        in_flight = min(waiting, 160) if flows else 20 if self.scenario == "unavailable" else 0
        ready = max(0, waiting - retry - in_flight)
        dead = sum(letter["events"] for letter in self.letters)
        lost = 12 if self.scenario == "lost" else 0
        buffered = {"store_failed": 17_420, "idle": 0}.get(self.scenario, 24)
        accepted = 1_284_310 + (int(ran * 212) if self.state != "idle" else 0)
        recovered = 310
        delivered = accepted + recovered - dead - lost - waiting - buffered
        suspended = {
            "unavailable": "cannot connect: Connection refused (events.example.com); the destination is unavailable or "
            "asks for a pause: deliveries are suspended, and one probe at a time goes out",
            "misconfigured": "HTTP 401; the address or the key is wrong: deliveries are suspended, nothing is buried",
        }.get(self.state, "")
        failure = {
            "unavailable": "cannot connect: Connection refused (events.example.com)",
            "misconfigured": "HTTP 401",
            "paused_by_guard": "HTTP 400: property total must be a number, in message m-1019",
            "flowing": "HTTP 503: upstream timed out" if self.scenario == "late" else "",
        }.get(self.state, "")
        probe = 12_000 - int(ran * 1000) % 12_000 if suspended else None
        oldest = None
        if ready:
            oldest = 11 * 60_000 + 40_000 - int(ran * 2000) if flows else 12 * 60_000 + int(ran * 1000)
        ledger = {
            "accepted": accepted,
            "rejected": 3 if self.scenario != "idle" else 0,
            "stored": accepted - buffered,
            "delivered": delivered,
            "dead": dead,
            "recovered": recovered,
            "ended_elsewhere": 0,
            "lost": lost,
            "waiting": waiting + buffered,
            "in_store": waiting,
            "retrying": retry,
            "failed_attempts": 41 if suspended else 2,
            "adds_up": self.scenario != "lost",
        }
        queue = {
            "ready": ready,
            "in_flight": in_flight,
            "retry": retry,
            "dead": dead,
            "stored": accepted,
            "delivered": delivered,
            "purged": 0,
            "erased": self.erased,
            "oldest_ready_ms": oldest,
            "next_retry_ms": 4200 if retry else None,
            "oldest_dead_ms": now_ms() - self.letters[0]["died_ms"] if self.letters else None,
            "paused": self.state.startswith("paused"),
            "owners": [
                {"name": "process 1234 on web-1", "suspended": suspended, "last_failure": failure, "said_ms_ago": 400},
                {"name": "process 877 on web-2", "suspended": suspended, "last_failure": failure, "said_ms_ago": 1900},
            ],
        }
        memory = self.scenario == "memory"
        return {
            "now_ms": now_ms(),
            "name": "process 1234 on web-1",
            "version": "1.0.0",
            "uptime_ms": 93_784_000 + int(ran * 1000),
            "store": "memory" if memory else "redis" if self.scenario == "late" else "sqlite",
            "state": self.state,
            "since_ms": self.since_ms,
            "words": self.state,
            "ready": self.scenario not in ("store_failed", "full"),
            "reasons": ["the buffer is full: 20000 events are in it"] if self.scenario == "full" else [],
            "notes": [],
            "ledger": ledger,
            "buffer": {"events": buffered, "capacity": 20_000, "bytes": buffered * 812},
            "queue": None if self.scenario == "store_failed" else {**queue, "owners": []} if memory else queue,
            "store_error": "disk I/O error: no space left on device" if self.scenario == "store_failed" else "",
            "destination": {
                "url": "https://events.example.com/v1/batch",
                "health": self.state if suspended else "healthy",
                "suspended": suspended,
                "last_failure": failure,
                "next_probe_ms": probe,
            },
            "restarts": 0,
        }

    def history(self):
        samples = []
        now = now_ms()
        for i in range(360):
            ago = 359 - i
            bad = ago <= 72 and self.state not in ("flowing", "idle")
            swing = 1 + 0.25 * math.sin(i / 23) + 0.06 * math.sin(i / 5) + 0.03 * math.sin(i * 12.9)
            accepted = 0 if self.state == "idle" and ago < 30 else int(2120 * swing)
            ready = int(self.waiting() * (73 - ago) / 73) if bad else 0
            state = self.state if bad or (self.state == "idle" and ago < 30) else "flowing"
            delivered = 0 if bad and self.state != "store_failed" else accepted
            oldest = (73 - ago) * 10_000 if bad and ready else None
            if self.scenario == "late":
                ready = int(min(61_500 + ago * 1800, 100_000) * (1 if ago < 150 else max(0, 1 - (ago - 150) / 60)))
                oldest = int(ready * 11) if ready else None
                delivered = accepted + 1800 if ago < 50 else accepted - 400 if ago < 210 else accepted
                state = "unavailable" if 110 < ago < 210 else "flowing"
            p50 = None if delivered == 0 else 38 * swing + (oldest or 0) * 0.9
            samples.append(
                {
                    "at_ms": now - ago * 10_000,
                    "accepted": accepted,
                    "delivered": delivered,
                    "dead": 12
                    if self.scenario == "paused_by_guard" and 72 < ago < 84
                    else 6
                    if self.scenario == "many_dead" and i % 40 == 0
                    else 0,
                    "failed_attempts": 3
                    if bad and self.state in ("unavailable", "misconfigured") and i % 3 == 0
                    else 0,
                    "buffer": 17_420 * (73 - ago) // 73
                    if bad and self.state == "store_failed"
                    else 24
                    if accepted
                    else 0,
                    "ready": None if self.scenario == "memory" or (bad and self.state == "store_failed") else ready,
                    "retry": None if self.scenario == "memory" else 140 if bad and self.state == "unavailable" else 0,
                    "oldest_ready_ms": oldest,
                    "to_delivered_p50_ms": p50,
                    "to_delivered_p99_ms": p50 and p50 * 3.4,
                    "state": state,
                }
            )
        return {"every_ms": 10_000, "samples": samples}

    # -- dead letters -------------------------------------------------------------------------------------------------

    def matching(self, query):
        def one(name):
            return query.get(name, [None])[0]

        ids = query.get("id", []) + query.get("ids", [])
        found = []
        for letter in self.letters:
            ago = now_ms() - letter["died_ms"]
            if ids and letter["id"] not in ids:
                continue
            if one("status") is not None and letter["status"] != int(one("status")):
                continue
            if one("reason") and one("reason") not in letter["reason"]:
                continue
            if one("older_than_ms") and ago <= int(one("older_than_ms")):
                continue
            if one("younger_than_ms") and ago >= int(one("younger_than_ms")):
                continue
            if one("event") and not any(e.get("event") == one("event") for e in letter["batch"]):
                continue
            if one("user") and not any(e.get("userId") == one("user") for e in letter["batch"]):
                continue
            found.append(letter)
        return found

    def page_of(self, query):
        limit = int(query.get("limit", ["50"])[0])
        found = self.matching(query)
        at = int(query.get("after", ["0"])[0])
        # Two requests a page, as when a filter makes the server look at many.
        short = max(1, limit // 2) if self.scenario == "many_dead" else limit
        end = at + short
        return {
            "letters": [{k: v for k, v in letter.items() if k != "batch"} for letter in found[at:end]],
            "next": str(end) if end < len(found) else None,
            "looked_at": len(self.letters),
        }

    def groups_of(self, query):
        groups = {}
        found = self.matching(query)
        at = int(query.get("after", ["0"])[0])
        part = found[at : at + 400]
        for letter in part:
            reason = re.sub(r"(?<![a-zA-Z\d])\d+", "<n>", letter["reason"])
            g = groups.setdefault(
                (letter["status"], reason),
                {
                    "status": letter["status"],
                    "reason": reason,
                    "letters": 0,
                    "events": 0,
                    "oldest_ms": letter["died_ms"],
                    "newest_ms": letter["died_ms"],
                },
            )
            g["letters"] += 1
            g["events"] += letter["events"]
            g["newest_ms"] = letter["died_ms"]
        return {
            "groups": sorted(groups.values(), key=lambda g: -g["letters"]),
            "looked_at": len(part),
            "next": str(at + 400) if at + 400 < len(found) else None,
            "more_groups": 0,
        }

    def exported(self, query):
        """A page of letters with their events, and the cursor of the next."""
        page = self.page_of(query)
        ids = {letter["id"] for letter in page["letters"]}
        lines = [json.dumps(letter) + "\n" for letter in self.letters if letter["id"] in ids]
        return "".join(lines).encode(), page["next"]

    def replace(self, letter, body):
        """Drops and edits events of a letter, and replays the rest."""
        drop = set(body.get("drop", []))
        for place, change in enumerate(body.get("edit", [])):
            event = change["event"]
            if not isinstance(event.get("userId", ""), str):
                field = f"edit[{place}].event.userId"
                return 400, {"error": f"{field} must be a string", "field": field}
        for place, index in enumerate(body.get("drop", [])):
            if index >= letter["events"]:
                return 400, {"error": f"drop[{place}] is no event of the letter", "field": f"drop[{place}]"}
        self.letters.remove(letter)
        return 200, {
            "id": "02k00000-8d2b11",
            "replaces": letter["id"],
            "events": letter["events"] - len(drop),
            "dropped": len(drop),
        }

    def erase(self, user, anonymous):
        def is_of_user(event):
            return (user and event.get("userId") == user) or (anonymous and event.get("anonymousId") == anonymous)

        ids = [letter["id"] for letter in self.letters if any(map(is_of_user, letter["batch"]))]
        job = self.job_of("erase", {})
        threading.Thread(target=self.work_erasing, args=(job, ids, is_of_user), daemon=True).start()
        return job

    def work_erasing(self, job, ids, is_of_user):
        for letter_id in ids:
            time.sleep(0.05)
            with self.lock:
                if job["state"] != "running":
                    return
                for letter in [letter for letter in self.letters if letter["id"] == letter_id]:
                    left = [event for event in letter["batch"] if not is_of_user(event)]
                    gone = len(letter["batch"]) - len(left)
                    letter.update(batch=left, events=len(left))
                    if not left:
                        self.letters.remove(letter)
                    job["letters"] += 1
                    job["events"] += gone
                    job["looked_at"] += 1
                    self.erased += gone
        with self.lock:
            job.update(state="done", ended_ms=now_ms(), error=self.erase_error)

    def begin(self, what, body):
        query = {k: [str(x) for x in v] if isinstance(v, list) else [str(v)] for k, v in body["filter"].items()}
        job = self.job_of(what, body["filter"], body.get("rate"))
        threading.Thread(target=self.work, args=(job, [l["id"] for l in self.matching(query)]), daemon=True).start()
        return job

    def job_of(self, what, filter, rate=None):
        job = {
            "id": str(len(self.jobs) + 1),
            "what": what,
            "filter": filter,
            "rate": rate,
            "by": "token",
            "state": "running",
            "error": "",
            "letters": 0,
            "events": 0,
            "looked_at": 0,
            "began_ms": now_ms(),
            "ended_ms": None,
            "elsewhere": False,
        }
        self.jobs.append(job)
        return job

    def work(self, job, ids):
        step = max(1, len(ids) // 40)
        for at in range(0, len(ids), step):
            time.sleep(0.1)
            with self.lock:
                if job["state"] != "running":
                    return
                part = set(ids[at : at + step])
                gone = [letter for letter in self.letters if letter["id"] in part]
                self.letters = [letter for letter in self.letters if letter["id"] not in part]
                job["letters"] += len(gone)
                job["events"] += sum(letter["events"] for letter in gone)
                job["looked_at"] += len(gone)
        with self.lock:
            job.update(state="done", ended_ms=now_ms())


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body, content_type="application/json", more=()):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in [*HEADERS.items(), *more]:
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_any(self):
        state = self.server.state
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not url.path.startswith("/api/"):
            return self.file(url.path)
        authorization = self.headers.get("Authorization")
        changes = self.command != "GET"
        with state.lock:
            state.authorizations.append(authorization)
        if state.token is not None and authorization != f"Bearer {state.token}":
            return self.answer(401, {"error": "the token was expected"})
        if changes and state.refuse_changes:
            return self.answer(
                403, {"error": "a token is needed to change something: start the server with --admin-token-file"}
            )
        if url.path == "/api/live":
            return self.live() if state.stream else self.answer(state.no_stream, {"error": "there is no stream"})
        if url.path == "/api/dead/export":
            query = urllib.parse.parse_qs(url.query)
            while "after" in query and state.hold_export:
                time.sleep(0.05)
            if state.fail_export:
                status, words = state.fail_export
                return self.answer(status, {"error": words})
            with state.lock:
                lines, after = state.exported(query)
            return self.answer(200, lines, "application/x-ndjson", [("Sluice-Next", after)] if after else [])
        try:
            with state.lock:
                status, said = self.api(state, url, json.loads(body) if body else None)
        except (KeyError, ValueError) as e:
            status, said = 400, {"error": f"the request is not understood: {e}"}
        self.answer(status, said)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def file(self, path):
        name = "index.html" if path == "/" else path[1:]
        if not re.fullmatch(r"[a-z]+\.[a-z]+", name) or not os.path.exists(os.path.join(PAGE, name)):
            return self.answer(404, {"error": "there is no such path"})
        with open(os.path.join(PAGE, name), encoding="utf-8") as f:
            text = f.read()
        for broken, old, new in self.server.broken:
            if broken == name:
                assert old in text, f"{name} has no “{old}”"
                text = text.replace(old, new)
        self.answer(200, text.encode(), TYPES[name.split(".")[1]])

    def api(self, state, url, body):
        query = urllib.parse.parse_qs(url.query)
        if self.command != "GET":
            state.requests.append((self.command, url.path + ("?" + url.query if url.query else ""), body))
            if state.fail_next:
                status, words = state.fail_next
                state.fail_next = None
                return status, {"error": words}
            return self.change(state, url.path, query, body)
        if url.path == "/api/status":
            state.poll_count += 1
            return 200, state.status()
        if url.path == "/api/history":
            return 200, state.history()
        if url.path == "/api/jobs":
            return 200, {"jobs": state.jobs}
        if url.path == "/api/dead":
            return 200, state.page_of(query)
        if url.path == "/api/dead/groups":
            return 200, state.groups_of(query)
        for letter in state.letters:
            if url.path == "/api/dead/" + letter["id"]:
                return 200, letter
        return 404, {"error": "there is no such dead letter"}

    def change(self, state, path, query, body):
        what = f"{self.command} {path}"
        if what == "POST /api/pause":
            state.state, state.since_ms = "paused", now_ms()
            return 200, {"done": "deliveries from the queue are paused, in every process"}
        if what == "POST /api/resume":
            state.state, state.since_ms, state.began = "flowing", now_ms(), time.time()
            return 200, {"done": "deliveries from the queue are resumed, in every process"}
        if what == "PUT /api/destination":
            if not body.get("data_plane_url", "http").startswith("http"):
                return 400, {"error": "data_plane_url must be an http or https address", "field": "data_plane_url"}
            state.state, state.since_ms, state.began = "flowing", now_ms(), time.time()
            return 200, {"done": "this process delivers to the new destination"}
        if what in ("POST /api/dead/replay", "POST /api/dead/purge"):
            if not body["filter"] and not body.get("all"):
                return 400, {"error": "an empty filter needs all", "field": "all"}
            return 202, {"job": dict(state.begin(path.rsplit("/", 1)[1], body))}
        if what == "DELETE /api/users":
            user, anonymous = (query.get(name, [None])[0] for name in ("user_id", "anonymous_id"))
            return 202, {"job": dict(state.erase(user, anonymous))}
        if what == "DELETE /api/blocked":
            named = {value for values in query.values() for value in values} & state.blocked
            state.blocked -= named
            return 200, {"unblocked": len(named)}
        for letter in state.letters:
            if what == "POST /api/dead/" + letter["id"]:
                return state.replace(letter, body)
        for job in state.jobs:
            if what == "DELETE /api/jobs/" + job["id"]:
                if job["state"] == "running":
                    job.update(state="cancelled", ended_ms=now_ms())
                return 200, {"job": job}
        return 404, {"error": "there is no such path"}

    def live(self):
        state = self.server.state
        self.send_response(200)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while not self.server.stopped.is_set():
                with state.lock:
                    said = f"event: status\ndata: {json.dumps(state.status())}\n\n"
                    if any(job["state"] == "running" for job in state.jobs):
                        said += f"event: jobs\ndata: {json.dumps({'jobs': state.jobs})}\n\n"
                self.wfile.write(said.encode())
                self.wfile.flush()
                self.server.stopped.wait(0.5)
        except OSError:
            pass
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        pass  # the browser has gone away


class StandIn:
    """The server, on a thread of its own. `broken` has defects of files of the page: name, what to replace, by what."""

    def __init__(self, scenario="flowing", port=0, token=None, stream=True, broken=()):
        self.state = State(scenario, token, stream)
        self.broken = broken
        self.port = port
        self.start()

    def start(self):
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.state = self.state
        self.server.broken = self.broken
        self.server.stopped = threading.Event()
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        self.server.stopped.set()
        self.server.shutdown()
        self.server.server_close()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scenario", choices=SCENARIOS, default="flowing")
    arguments.add_argument("--port", type=int, default=8424)
    arguments.add_argument("--token")
    arguments.add_argument("--no-stream", action="store_true")
    given = arguments.parse_args()
    server = StandIn(given.scenario, given.port, given.token, not given.no_stream)
    server.state.refuse_changes = False
    print("listening on", server.url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
