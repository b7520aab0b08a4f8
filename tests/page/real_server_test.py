#!/usr/bin/env python3
"""The page in a real browser, against `sluice serve`. After each action the store is looked at by another process."""

import json
import os
import tempfile
import unittest

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import (
    click,
    complaints_of,
    emulate,
    open_browser,
    requests_of,
    resize,
    script,
    wait_for,
    wait_until,
)
from real_server import TOKEN, Destination, RealServer

BROWSER = None
MARKUP = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"


def setUpModule():
    global BROWSER
    BROWSER = open_browser()


def tearDownModule():
    BROWSER.quit()


class RealServerTest(unittest.TestCase):
    def setUp(self):
        resize(BROWSER, 1280, 900)
        emulate(BROWSER)
        requests_of(BROWSER)
        complaints_of(BROWSER)
        self.destination = Destination()
        self.addCleanup(self.destination.stop)
        self.server = RealServer(self.destination)
        self.addCleanup(self.server.stop)

    def open(self):
        BROWSER.get(self.server.url)
        self.says("#confirm", "A token is needed")
        BROWSER.switch_to.active_element.send_keys(TOKEN, Keys.ENTER)
        self.says("#connection", "live")

    def tearDown(self):
        addresses, complaints = requests_of(BROWSER), complaints_of(BROWSER)
        BROWSER.get("about:blank")
        self.assertEqual([a for a in addresses if not a.startswith(self.server.url) and a != "about:blank"], [])
        self.assertEqual(complaints, [])
        self.assertNotIn(TOKEN, self.server.said())

    def says(self, selector, words, seconds=30):
        return wait_for(BROWSER, selector, words, seconds)

    def test_pause_and_resume(self):
        self.open()
        self.says("#headline", "No event waits")
        click(BROWSER, "Pause deliveries")
        click(BROWSER, "Pause deliveries", "#confirm")
        self.says("#headline", "Deliveries are paused")
        self.server.comes_to(paused=True)
        self.server.send("bought", 3)
        self.server.comes_to(ready=3, delivered=0)
        click(BROWSER, "Resume deliveries")
        click(BROWSER, "Resume deliveries", "#confirm")
        self.server.comes_to(paused=False, ready=0, delivered=3)
        self.says("#helped", "You resumed deliveries")
        self.assertIn("token paused deliveries from the queue", self.server.said())

    def test_dead_letters_are_found_read_replayed_and_purged(self):
        self.destination.status = 400
        self.server.send("bought", 3)
        self.server.send("left", 1, properties={MARKUP: MARKUP})
        self.server.comes_to(dead=4)
        self.destination.status = 200
        self.open()
        self.says("#groups", "letter")
        BROWSER.find_element(By.CSS_SELECTOR, "#filter [name=event]").send_keys("left", Keys.ENTER)
        wait_until(lambda: len(self.rows()) == 1, "one letter")
        self.rows()[0].find_element(By.CSS_SELECTOR, "button").click()
        self.says("#letter-events", MARKUP.replace('"', '\\"'))
        self.assertNotEqual(BROWSER.title, "run")
        click(BROWSER, "Replay", "#letter")
        click(BROWSER, "Replay", "#confirm")
        wait_until(lambda: self.destination.names == ["left"], "the event at the destination", 30)
        self.server.comes_to(dead=3, delivered=1)
        click(BROWSER, "Clear")
        click(BROWSER, "Purge all")
        click(BROWSER, "Purge for good", "#confirm")
        self.server.comes_to(dead=0, purged=3)
        self.says("#said", "Done at")
        self.assertEqual(self.destination.names, ["left"])
        self.assertNotIn("<script>", self.server.said())

    def test_a_letter_is_edited_and_the_rest_replayed(self):
        self.destination.status = 422
        self.server.send("bought", 3, properties={"total": 2**53 + 1, MARKUP: MARKUP})
        self.server.comes_to(dead=3)
        self.open()
        self.says("#groups", "1 letter")
        self.rows()[0].find_element(By.CSS_SELECTOR, "button").click()
        self.says("#letter-events", f'"total": {2**53 + 1}')
        click(BROWSER, "Drop event 1", "#letter")
        self.edit(2, '"user-1"', "[]")
        self.replay_rest()
        self.says("#letter-events", "The server refused it")
        self.assertIn("The server refused it", self.event(2).text)
        self.destination.status = 200
        click(BROWSER, "Undo the edit of event 2", "#letter")
        self.edit(2, '"bought"', '"sold"')
        self.replay_rest()
        self.says("#said", "2 events go out again as the batch")
        self.says("#said", "1 event was dropped, 1 was edited.")
        wait_until(lambda: len(self.destination.events) == 2, "two events at the destination", 30)
        self.assertEqual([event["event"] for event in self.destination.events], ["sold", "bought"])
        self.assertEqual([event["userId"] for event in self.destination.events], ["user-1", "user-2"])
        for event in self.destination.events:
            self.assertEqual(event["properties"], {"total": 2**53 + 1, MARKUP: MARKUP})
        self.server.comes_to(dead=0, delivered=2)
        self.assertNotEqual(BROWSER.title, "run")
        self.assertNotIn("<script>", self.server.said())

    def test_dead_letters_are_exported(self):
        self.destination.status = 422
        for name in ("bought", "left"):
            self.server.send(name, 2)
        self.server.comes_to(dead=4)
        self.open()
        self.says("#groups", "2 letters")
        with tempfile.TemporaryDirectory() as folder:
            BROWSER.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": folder})
            click(BROWSER, "Export all")
            self.says("#said", "Exported 2 letters")
            saved = wait_until(lambda: [n for n in os.listdir(folder) if n.endswith(".ndjson")], "a file")
            with open(os.path.join(folder, saved[0]), encoding="utf-8") as lines:
                letters = [json.loads(line) for line in lines]
        names = [[event["event"] for event in letter["batch"]] for letter in letters]
        self.assertEqual(names, [["bought"] * 2, ["left"] * 2])
        self.server.comes_to(dead=4)

    def test_a_user_is_erased(self):
        self.destination.status = 422
        self.server.send("bought", 3)
        self.server.comes_to(dead=3)
        self.open()
        self.says("#groups", "letter")
        click(BROWSER, "Pause deliveries")
        click(BROWSER, "Pause deliveries", "#confirm")
        self.server.comes_to(paused=True)
        self.destination.status = 200
        self.server.send("left", 3)
        self.server.comes_to(dead=3, ready=3)
        BROWSER.find_element(By.CSS_SELECTOR, "#erase summary").send_keys(Keys.ENTER)
        BROWSER.find_element(By.CSS_SELECTOR, "#erase [name=user]").send_keys("user-1")
        click(BROWSER, "Erase the user", "#erase")
        click(BROWSER, "Erase for good", "#confirm")
        self.says("#said", "Erasure of a user. Done at")
        self.says("#said", "2 events erased from 2 batches.")
        self.says("#aside", "erased 2")
        self.server.comes_to(dead=2, ready=2, erased=2)
        click(BROWSER, "Resume deliveries")
        click(BROWSER, "Resume deliveries", "#confirm")
        self.server.comes_to(dead=2, ready=0, delivered=2)
        self.assertEqual({event["userId"] for event in self.destination.events}, {"user-0", "user-2"})
        self.assertNotIn("user-1", self.server.said())

    def test_another_destination(self):
        other = Destination()
        self.addCleanup(other.stop)
        self.destination.status = 401
        self.open()
        self.server.send("bought", 2)
        self.says("#headline", "Address or key is wrong")
        click(BROWSER, "Change the destination", "#state")
        address = BROWSER.switch_to.active_element
        address.clear()
        address.send_keys(other.url, Keys.ENTER)
        self.server.comes_to(delivered=2)
        self.assertEqual(other.names, ["bought", "bought"])

    def test_a_night(self):
        """The endpoint is away, then refuses the key, then is well again."""
        self.open()
        self.destination.status = 503
        for _ in range(20):  # so that there are as many attempts
            self.server.send("bought")
        self.says("#headline", "Destination unavailable")
        self.says("#verdict", "It mends itself")
        self.says("#state", "HTTP 503")
        self.says("#destination", "Next probe in")
        self.destination.status = 401
        click(BROWSER, "Try now")
        click(BROWSER, "Try now", "#confirm")
        self.says("#headline", "Address or key is wrong")
        self.says("#verdict", "You are needed")
        self.destination.status = 200
        click(BROWSER, "Try now")
        click(BROWSER, "Try now", "#confirm")
        self.says("#headline", "No event waits")
        self.says("#verdict", "Nothing to do")
        self.says("#ledger-words", "It adds up")
        self.server.comes_to(delivered=20, dead=0)

    def test_it_fits_and_can_be_read(self):
        self.open()
        resize(BROWSER, 320, 700)
        self.assertEqual(BROWSER.execute_script(script("nameless.js")), [])
        for scheme in ["light", "dark"]:
            emulate(BROWSER, scheme, reduced_motion=True)
            self.assertEqual(BROWSER.execute_script(script("contrast.js"))[1], [])
        self.assertEqual(BROWSER.execute_script("return document.documentElement.scrollWidth"), 320)

    def event(self, n):
        return BROWSER.find_elements(By.CSS_SELECTOR, "#letter .event")[n - 1]

    def edit(self, n, old, new):
        click(BROWSER, f"Edit event {n}", "#letter")
        field = self.event(n).find_element(By.CSS_SELECTOR, "textarea")
        text = field.get_property("value")
        self.assertIn(old, text)
        field.clear()
        field.send_keys(text.replace(old, new))

    def replay_rest(self):
        click(BROWSER, "Replay the rest", "#letter")
        click(BROWSER, "Replay the rest", "#confirm")

    def rows(self):
        return BROWSER.find_elements(By.CSS_SELECTOR, ".letters tbody tr")


if __name__ == "__main__":
    unittest.main()
