#!/usr/bin/env python3
"""`./dev demo --page`, without the build."""

import json
import os
import re
import signal
import subprocess
import tempfile
import unittest
import urllib.request

from browser import wait_until

DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "page_demo.sh")


class DemoTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.demo = subprocess.Popen(
            [DEMO, os.path.abspath(os.environ["SLUICE_COMMAND"])],
            env={**os.environ, "TMPDIR": self.folder},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.addCleanup(self.end)

    def end(self):
        if self.demo.poll() is None:
            os.killpg(self.demo.pid, signal.SIGKILL)
            self.demo.wait()
        self.demo.stdout.close()

    def said(self, pattern):
        """The part in brackets of the line that matches."""
        for line in self.demo.stdout:
            if found := re.search(pattern, line):
                return found[1]
        raise AssertionError(f"the demo has not said: {pattern}")

    def is_over(self):
        try:
            os.killpg(self.demo.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def test_events_flow_until_it_is_interrupted_and_nothing_is_left_of_it(self):
        page = self.said(r"^The page: (http://127\.0\.0\.1:\d+)$")
        with open(self.said(r"in this file: (.+)$"), encoding="utf-8") as token:
            request = urllib.request.Request(
                page + "/api/status", headers={"Authorization": "Bearer " + token.readline().strip()}
            )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def delivered():
            with opener.open(request, timeout=20) as answer:
                return json.load(answer)["ledger"]["delivered"] > 185

        wait_until(delivered, "more than one round of events", 60)
        self.said(r"^Ctrl-C (ends it)")
        os.kill(self.demo.pid, signal.SIGINT)
        self.assertEqual(self.demo.wait(60), 0)
        wait_until(self.is_over, "the end of all its processes", 10)
        self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    unittest.main()
