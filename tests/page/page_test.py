#!/usr/bin/env python3
"""The page in a real browser, against the stand-in."""

import json
import os
import tempfile
import time
import unittest

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser import (
    button,
    click,
    complaints_of,
    emulate,
    open_browser,
    requests_of,
    resize,
    script,
    text_of,
    wait_for,
    wait_until,
)
from stand_in import BIG, HOSTILE, StandIn

BROWSER = None


def setUpModule():
    global BROWSER
    BROWSER = open_browser()


def tearDownModule():
    BROWSER.quit()


class PageTest(unittest.TestCase):
    """Each test has a server of its own. Afterwards the console must be clean and no other address asked for."""

    def setUp(self):
        self.browser = BROWSER
        self.server = None
        resize(BROWSER, 1280, 900)
        emulate(BROWSER)
        requests_of(BROWSER)
        complaints_of(BROWSER)

    def tearDown(self):
        addresses, complaints = requests_of(BROWSER), complaints_of(BROWSER)
        BROWSER.get("about:blank")
        requests_of(BROWSER)
        if self.server:
            self.server.stop()
            elsewhere = [a for a in addresses if not a.startswith(self.server.url) and a != "about:blank"]
            self.assertEqual(elsewhere, [], "requests to somebody else")
        self.assertEqual(complaints, [], "complaints in the console")

    def open(self, scenario, may_change=True, **more):
        self.server = StandIn(scenario, **more)
        self.server.state.refuse_changes = not may_change
        BROWSER.get(self.server.url)
        return self.server.state

    def says(self, selector, words, seconds=10):
        return wait_for(BROWSER, selector, words, seconds)

    def change_sent(self, state):
        return wait_until(lambda: state.requests and state.requests[-1], "a request that changes something")

    def active(self):
        return BROWSER.switch_to.active_element


class States(PageTest):
    def check(self, scenario, verdict, headline, *meaning):
        self.open(scenario)
        self.says("#headline", headline)
        self.says("#verdict", verdict)
        for words in meaning:
            self.says("#state", words)
        self.assertIn(headline, " ".join(BROWSER.title.split()))

    def test_idle(self):
        self.check("idle", "Nothing to do", "No event waits", "Since", "nothing is lost; the ledger adds up")
        self.says("#letters", "There is no dead letter")

    def test_flowing(self):
        self.check("flowing", "Nothing to do", "Events flow", "for 12 min", "no event is late")
        self.says("#ledger-words", "It adds up")

    def test_late(self):
        self.check("late", "It mends itself", "Events flow, 11 min late", "The backlog shrinks", "gone in about")

    def test_unavailable(self):
        self.check(
            "unavailable",
            "It mends itself",
            "Destination unavailable",
            "Deliveries are suspended: cannot connect: Connection refused (events.example.com). 48 213 events wait.",
            "The next probe goes out in",
            "survive a restart",
        )
        self.says("#flow", "suspended")
        self.says("#destination", "Next probe in")
        self.says("#owners", "process 877 on web-2 suspended: cannot connect: Connection refused")

    def test_misconfigured(self):
        self.check("misconfigured", "You are needed", "Address or key is wrong", "HTTP 401", "Nothing is buried")

    def test_paused(self):
        self.check("paused", "An operator did this", "Deliveries are paused", "Resume deliveries when the reason")
        self.says("#flow", "paused")

    def test_paused_by_the_guard(self):
        self.check(
            "paused_by_guard",
            "You are needed",
            "Paused by the burial guard",
            "Read the reasons",
            "The last answer was: HTTP 400: property total must be a number",
        )
        self.says("#groups", "property total must be a number")

    def test_store_failed(self):
        self.check(
            "store_failed",
            "You are needed",
            "The store does not answer",
            "no space left on device",
            "room for 2 580 more",
        )
        self.says("#owners", "Not known: the store does not answer")
        self.assertNotIn("There is no dead letter", text_of(BROWSER, "#letters"))

    def test_stopping(self):
        self.check("stopping", "Nothing to do", "The process is stopping")

    def test_many_dead_letters(self):
        self.check("many_dead", "Look at the dead letters", "Events flow", "1 823")

    def test_lost(self):
        self.check("lost", "You are needed", "12 events lost", "accepted, and gone without an end")
        self.says("#ledger-words", "It does not add up")

    def test_queue_in_memory(self):
        self.check("memory", "Nothing to do", "Events flow")
        self.says("#owners", "only this process delivers from it")

    def test_a_full_buffer(self):
        self.check("full", "You are needed", "Events are refused", "the buffer is full", "What was accepted before is safe")

    def test_a_change_of_state_comes_by_itself(self):
        state = self.open("flowing")
        self.says("#headline", "Events flow")
        with state.lock:
            state.use("misconfigured")
        self.says("#headline", "Address or key is wrong")
        self.says("#state-said", "Address or key is wrong. You are needed.")


class Connection(PageTest):
    def test_without_a_stream_the_status_is_asked_for_each_second(self):
        state = self.open("flowing", stream=False)
        self.says("#headline", "Events flow")
        state.no_stream = 429  # is as good a reason
        BROWSER.refresh()
        self.says("#headline", "Events flow")
        before = state.poll_count
        time.sleep(2.5)
        self.assertIn(state.poll_count - before, (2, 3))
        with state.lock:
            state.use("paused")
        self.says("#headline", "Deliveries are paused")

    def test_a_server_that_is_gone_is_said_and_the_last_values_are_kept(self):
        state = self.open("unavailable")
        self.says("#headline", "Destination unavailable")
        self.server.stop()
        self.says("#headline", "The server does not answer")
        self.says("#since", "Since")
        self.says("#connection", "no answer since")
        self.assertIn("48", text_of(BROWSER, "#flow"))
        self.assertTrue(BROWSER.execute_script("return document.body.classList.contains('silent')"))
        with state.lock:
            state.use("flowing")
        self.server.start()
        self.says("#headline", "Events flow")
        self.says("#connection", "live")
        self.assertFalse(BROWSER.execute_script("return document.body.classList.contains('silent')"))

    def test_the_token_is_asked_for_and_kept_in_memory_only(self):
        state = self.open("paused", token="s3cret-token")
        self.says("#confirm", "the token was expected")
        self.active().send_keys("wrong", Keys.ENTER)
        wait_until(lambda: "Bearer wrong" in state.authorizations, "the wrong token")
        wait_until(
            lambda: BROWSER.find_element(By.ID, "confirm").is_displayed()
            and self.active().get_attribute("value") == "",
            "the question again",
        )
        self.active().send_keys("s3cret-token", Keys.ENTER)
        self.says("#headline", "Deliveries are paused")
        click(BROWSER, "Resume deliveries")
        click(BROWSER, "Resume deliveries", "#confirm")
        self.assertEqual(self.change_sent(state)[:2], ("POST", "/api/resume"))
        kept = BROWSER.execute_script("return [localStorage.length, sessionStorage.length, document.cookie]")
        self.assertEqual(kept, [0, 0, ""])
        self.assertNotIn(
            "s3cret-token",
            BROWSER.execute_script(
                "return document.documentElement.outerHTML + location.href"
                "  + [...document.querySelectorAll('input')].map((input) => input.value)"
            ),
        )

    def test_who_gives_no_token_is_told_so_and_can_give_it_later(self):
        self.open("flowing", token="t")
        self.says("#confirm", "A token is needed")
        ActionChains(BROWSER).send_keys(Keys.ESCAPE).perform()
        self.says("#headline", "A token is needed")
        click(BROWSER, "Give the token")
        wait_until(lambda: self.active().get_attribute("name") == "token", "the field of the token")
        self.active().send_keys("t", Keys.ENTER)
        self.says("#headline", "Events flow")

    def test_a_change_that_needs_a_token_says_what_the_server_says(self):
        state = self.open("flowing", may_change=False)
        click(BROWSER, "Pause deliveries")
        click(BROWSER, "Pause deliveries", "#confirm")
        self.says("#confirm", "start the server with --admin-token-file")
        ActionChains(BROWSER).send_keys(Keys.ESCAPE).perform()
        self.says("#said", "That was not done: a token is needed")
        self.assertEqual(state.requests, [])


class Actions(PageTest):
    def test_pause_and_resume(self):
        state = self.open("flowing")
        click(BROWSER, "Pause deliveries")
        self.says("#confirm", "No process of this queue delivers until somebody resumes")
        click(BROWSER, "Pause deliveries", "#confirm")
        self.assertEqual(self.change_sent(state), ("POST", "/api/pause", None))
        self.says("#said", "Deliveries from the queue are paused, in every process.")
        self.says("#spoken[role=status]", "Deliveries from the queue are paused, in every process.")
        self.says("#headline", "Deliveries are paused")
        click(BROWSER, "Resume deliveries")
        click(BROWSER, "Resume deliveries", "#confirm")
        self.says("#said", "Deliveries from the queue are resumed, in every process.")
        self.assertEqual(state.requests[-1], ("POST", "/api/resume", None))

    def test_whether_it_helped(self):
        self.open("paused")
        click(BROWSER, "Resume deliveries")
        click(BROWSER, "Resume deliveries", "#confirm")
        self.says("#helped", "You resumed deliveries")
        self.says("#helped", "what waits went from 9 204 to")

    def test_try_now(self):
        state = self.open("unavailable")
        click(BROWSER, "Try now")
        click(BROWSER, "Try now", "#confirm")
        self.assertEqual(self.change_sent(state), ("POST", "/api/resume", None))

    def test_another_destination(self):
        state = self.open("misconfigured")
        click(BROWSER, "Change the destination", "#state")
        address = self.active()
        self.assertEqual(address.get_attribute("value"), "https://events.example.com/v1/batch")
        address.clear()
        address.send_keys("https://other.example.com")
        BROWSER.find_element(By.NAME, "write_key").send_keys("key-2", Keys.ENTER)
        self.assertEqual(
            self.change_sent(state),
            ("PUT", "/api/destination", {"data_plane_url": "https://other.example.com", "write_key": "key-2"}),
        )
        self.says("#said", "This process delivers to the new destination.")
        self.says("#headline", "Events flow")
        self.assertNotIn("key-2", BROWSER.execute_script("return document.documentElement.outerHTML"))

    def test_another_key_alone_leaves_the_address(self):
        state = self.open("misconfigured")
        click(BROWSER, "Change the destination", "#state")
        click(BROWSER, "Change the destination", "#confirm")
        self.says("#said", "Nothing was changed")
        click(BROWSER, "Change the destination", "#state")
        BROWSER.find_element(By.NAME, "write_key").send_keys("key-2", Keys.ENTER)
        self.assertEqual(self.change_sent(state), ("PUT", "/api/destination", {"write_key": "key-2"}))

    def test_a_change_that_fails_says_why(self):
        state = self.open("paused")
        state.fail_next = (503, "the store does not answer: disk I/O error")
        click(BROWSER, "Resume deliveries")
        click(BROWSER, "Resume deliveries", "#confirm")
        self.says("#said", "That was not done: the store does not answer: disk I/O error")

    def test_cancel_changes_nothing(self):
        state = self.open("many_dead")
        for words in ["Pause deliveries", "Replay all", "Purge all", "Change the destination"]:
            click(BROWSER, words)
            click(BROWSER, "Cancel", "#confirm")
        self.assertEqual(state.requests, [])


class DeadLetters(PageTest):
    def rows(self):
        return BROWSER.find_elements(By.CSS_SELECTOR, ".letters tbody tr")

    def first_row(self):
        return text_of(BROWSER, ".letters tbody tr")

    def search(self, **fields):
        for name, value in fields.items():
            BROWSER.find_element(By.CSS_SELECTOR, f"#filter [name={name}]").send_keys(value)
        click(BROWSER, "Search")

    def test_groups_filter_and_pages(self):
        self.open("many_dead")
        self.says("#groups", "406 letters")
        self.assertEqual(len(self.rows()), 50)
        self.assertIn("01j00000", self.first_row())
        click(BROWSER, "Next page")
        self.says(".letters tbody tr", "01j00050")
        click(BROWSER, "Previous page")
        self.says(".letters tbody tr", "01j00000")
        click(BROWSER, "property total must be a number", "#groups")
        self.says(
            ".list-head",
            "406 letters, 1 009 events with status 400, "
            "whose reason has “property total must be a number, in message m-”",
        )

    def test_every_field_of_the_filter(self):
        self.open("many_dead")
        self.says("#groups", "406 letters")
        self.search(status="0", reason="refused", event="Cart Viewed", user="u-3")
        Select(BROWSER.find_element(By.NAME, "age")).select_by_visible_text("more than an hour ago")
        click(BROWSER, "Search")
        self.says("#letters", "that died more than 1 h ago")
        asked = [a for a in requests_of(BROWSER) if "/api/dead?" in a][-1]
        for part in ["status=0", "reason=refused", "event=Cart+Viewed", "user=u-3", "older_than_ms=3600000"]:
            self.assertIn(part, asked)
        click(BROWSER, "Clear")
        self.says(".list-head", "730 letters")

    def test_replay_what_matches_at_a_rate_and_cancel(self):
        state = self.open("many_dead")
        self.says("#groups", "406 letters")
        self.search(status="400")
        self.says(".list-head", "with status 400")
        click(BROWSER, "Replay all that match")
        self.says("#confirm", "Replay 487 dead letters?")
        self.active().send_keys("500", Keys.ENTER)
        self.assertEqual(
            self.change_sent(state), ("POST", "/api/dead/replay", {"filter": {"status": 400}, "rate": 500})
        )
        self.says("#jobs", "of about 487 letters")
        self.says("#jobs", "at most 500 events/s")
        click(BROWSER, "Cancel: Replay", "#jobs")
        click(BROWSER, "Stop the job", "#confirm")
        self.says("#jobs", "Cancelled at")
        self.assertEqual(state.requests[-1][:2], ("DELETE", "/api/jobs/1"))
        self.says("#said", "Cancelled at")

    def test_replay_all_says_so_and_its_end(self):
        state = self.open("paused_by_guard")
        self.says("#groups", "20 letters")
        click(BROWSER, "Replay all")
        self.says("#confirm", "which is every one of the queue")
        click(BROWSER, "Replay", "#confirm")
        self.assertEqual(self.change_sent(state), ("POST", "/api/dead/replay", {"filter": {}, "all": True}))
        self.says("#said", "Replay of all dead letters. Done at")
        self.says("#said", "20 letters, 50 events")
        self.says("#helped", "You replayed dead letters")

    def test_purge_of_selected_letters(self):
        state = self.open("many_dead")
        self.says("#groups", "406 letters")
        for row in (0, 2):
            self.rows()[row].find_element(By.CSS_SELECTOR, "input").click()
        self.says(".list-head", "2 letters selected, 4 events")
        click(BROWSER, "Purge selected")
        self.says("#confirm", "This cannot be taken back.")
        self.assertEqual(self.active().get_attribute("id"), "confirm-no")
        click(BROWSER, "Purge for good", "#confirm")
        self.assertEqual(
            self.change_sent(state),
            ("POST", "/api/dead/purge", {"filter": {"ids": ["01j00000-7f3a9c", "01j00002-7f3a9c"]}}),
        )
        self.says("#said", "Done at")

    def test_select_a_page(self):
        self.open("many_dead")
        self.says("#groups", "406 letters")
        BROWSER.find_element(By.CSS_SELECTOR, ".letters thead input").click()
        self.says(".list-head", "50 letters selected")

    def test_one_letter(self):
        state = self.open("many_dead")
        click(BROWSER, "Open letter 01j00003-7f3a9c")
        self.says("#letter", "Dead letter 01j00003-7f3a9c")
        self.says("#letter-events", '"currency": "EUR"')
        click(BROWSER, "Replay", "#letter")
        click(BROWSER, "Replay", "#confirm")
        self.assertEqual(
            self.change_sent(state), ("POST", "/api/dead/replay", {"filter": {"ids": ["01j00003-7f3a9c"]}})
        )
        self.says("#said", "Replay of dead letters with the id 01j00003-7f3a9c. Done at")
        wait_until(lambda: not BROWSER.find_element(By.ID, "letter").is_displayed(), "the end of the viewer")

    def test_what_events_hold_is_text_wherever_it_is_shown(self):
        self.open("hostile")
        for hostile in HOSTILE:
            self.says("#groups", hostile)
            self.says(".letters", hostile)
        click(BROWSER, "Open letter 01j00000-7f3a9c")
        self.says("#letter-events", HOSTILE[0])
        self.says("#letter-events", '<img src=x onerror=\\"window.harmed = true\\">')
        found = BROWSER.execute_script(
            "return [window.harmed ?? null,"
            "  document.querySelectorAll('main img, main script, dialog img, dialog script').length]"
        )
        self.assertEqual(found, [None, 0])

    def test_the_list_is_not_changed_under_the_eyes_of_its_reader(self):
        state = self.open("many_dead")
        self.says("#groups", "406 letters")
        with state.lock:
            state.letters = state.letters[10:]
        self.says("#letters-words", "The list is older than that")
        self.assertIn("01j00000", self.first_row())
        click(BROWSER, "Refresh")
        self.says(".list-head", "720 letters")
        self.assertIn("01j00010", self.first_row())


class Editor(PageTest):
    """Of a letter with three events, unless a test names another."""

    letter = "01j00002-7f3a9c"

    def view(self, scenario="many_dead", letter=letter, **more):
        state = self.open(scenario, **more)
        click(BROWSER, f"Open letter {letter}")
        self.says("#letter", f"Dead letter {letter}")
        return state

    def field(self, n):
        return BROWSER.find_element(By.CSS_SELECTOR, f"#letter textarea[aria-label='Event {n} as JSON']")

    def edit(self, n, old, new):
        """Replaces a part of an event, as whoever types would."""
        click(BROWSER, f"Edit event {n}", "#letter")
        self.type(n, self.field(n).get_property("value").replace(old, new))

    def type(self, n, text):
        field = self.field(n)
        field.clear()
        field.send_keys(text)

    def said_of(self, n):
        return BROWSER.find_elements(By.CSS_SELECTOR, "#letter .event")[n - 1].text

    def send(self):
        click(BROWSER, "Replay the rest", "#letter")
        click(BROWSER, "Replay the rest", "#confirm")

    def test_drop_and_edit_and_replay_the_rest(self):
        state = self.view()
        self.says("#letter-plan", "Drop or edit what was wrong")
        click(BROWSER, "Drop event 2", "#letter")
        self.edit(1, '"EUR"', '"CHF"')
        plan = "1 event is dropped, 1 is edited; 2 go out again as a new batch, which names this one."
        self.says("#letter-plan", plan)
        self.assertIn("edited", self.said_of(1))
        self.assertIn("dropped", self.said_of(2))
        click(BROWSER, "Replay the rest", "#letter")
        self.says("#confirm", plan)
        self.assertEqual(state.requests, [])
        with state.lock:
            event = json.loads(json.dumps(next(l for l in state.letters if l["id"] == self.letter)["batch"][0]))
        event["properties"]["currency"] = "CHF"
        click(BROWSER, "Replay the rest", "#confirm")
        self.assertEqual(
            self.change_sent(state),
            ("POST", f"/api/dead/{self.letter}", {"drop": [1], "edit": [{"index": 0, "event": event}]}),
        )
        self.says("#said", "2 events go out again as the batch 02k00000-8d2b11,")
        self.says("#said", f"which replaces the dead letter {self.letter}.")
        self.says("#said", "1 event was dropped, 1 was edited.")
        self.says("#helped", "You replayed the rest of a dead letter")
        self.says(".list-head", "729 letters")
        self.assertNotIn(self.letter, text_of(BROWSER, ".letters"))
        self.assertFalse(BROWSER.find_element(By.ID, "letter").is_displayed())

    def test_numbers_stay_as_they_are_written(self):
        state = self.view()
        self.says("#letter-events", f'"order": {BIG + 2}')
        self.edit(1, '"total": 27.5', '"total": 12345678901234567890123')
        self.send()
        change = self.change_sent(state)[2]["edit"][0]["event"]["properties"]
        self.assertEqual((change["order"], change["total"]), (BIG + 2, 12345678901234567890123))

    def test_a_drop_is_undone(self):
        state = self.view()
        click(BROWSER, "Drop event 3", "#letter")
        self.says("#letter-plan", "1 event is dropped; 2 go out again")
        click(BROWSER, "Keep event 3", "#letter")
        self.says("#letter-plan", "Drop or edit what was wrong")
        click(BROWSER, "Drop event 1", "#letter")
        self.edit(2, '"EUR"', '"CHF"')
        click(BROWSER, "Undo all", "#letter")
        self.says("#letter-plan", "Drop or edit what was wrong")
        self.assertEqual(BROWSER.find_elements(By.CSS_SELECTOR, "#letter textarea"), [])
        self.assertNotIn("CHF", text_of(BROWSER, "#letter-events"))
        button(BROWSER, "Replay…", "#letter")
        self.assertEqual(state.requests, [])

    def test_an_edit_of_nothing_is_none(self):
        self.view()
        click(BROWSER, "Edit event 1", "#letter")
        self.says("#letter-plan", "Drop or edit what was wrong")
        self.type(1, "{}")
        self.says("#letter-plan", "1 event is edited; 3 go out again")
        click(BROWSER, "Undo the edit of event 1", "#letter")
        self.says("#letter-plan", "Drop or edit what was wrong")

    def test_nothing_is_left_of_a_letter_that_is_dropped_as_a_whole(self):
        self.view(letter="01j00000-7f3a9c")
        click(BROWSER, "Drop event 1", "#letter")
        self.says("#letter-plan", "Nothing is left to replay: purge the letter instead.")
        self.assertFalse(button(BROWSER, "Replay the rest", "#letter").is_enabled())
        button(BROWSER, "Purge…", "#letter")

    def test_what_is_no_event_is_said_at_once_and_not_sent(self):
        state = self.view()
        click(BROWSER, "Edit event 2", "#letter")
        self.type(2, '{"type": "track",')
        wait_until(lambda: "This is not JSON" in self.said_of(2), "what is wrong")
        self.assertEqual(self.field(2).get_attribute("aria-invalid"), "true")
        self.assertNotIn("This is not JSON", self.said_of(1))
        click(BROWSER, "Replay the rest", "#letter")
        self.assertEqual(self.active(), self.field(2))
        self.assertFalse(BROWSER.find_element(By.ID, "confirm").is_displayed())
        self.type(2, '["type"]')
        wait_until(lambda: "An event is a JSON object" in self.said_of(2), "what is wrong")
        self.type(2, '{"type": "track"}')
        wait_until(lambda: "JSON" not in self.said_of(2), "that nothing is")
        self.assertEqual(self.field(2).get_attribute("aria-invalid"), "false")
        self.assertEqual(state.requests, [])

    def test_what_the_server_refuses_is_said_at_its_event(self):
        state = self.view()
        click(BROWSER, "Drop event 1", "#letter")
        self.edit(2, '"EUR"', '"CHF"')
        self.edit(3, '"u-2"', "7")
        self.send()
        wait_until(lambda: "The server refused it: userId must be a string." in self.said_of(3), "the refusal")
        self.assertNotIn("refused", self.said_of(1) + self.said_of(2))
        self.assertEqual(self.active(), self.field(3))
        self.assertEqual(self.field(3).get_attribute("aria-invalid"), "true")
        self.type(3, self.field(3).get_property("value").replace(": 7", ': "u-7"'))
        wait_until(lambda: "refused" not in self.said_of(3), "the end of the refusal")
        self.send()
        self.says("#said", "2 events go out again")
        self.assertEqual(len(state.requests), 2)

    def test_what_the_server_refuses_of_the_letter_is_said_beside_the_buttons(self):
        state = self.view()
        click(BROWSER, "Drop event 1", "#letter")
        state.fail_next = (404, "there is no such dead letter")
        self.send()
        self.says("#letter-problem", "The rest was not replayed: there is no such dead letter")
        self.assertIn("dropped", self.said_of(1))

    def test_markup_in_every_member_is_text(self):
        state = self.view("hostile")
        for n in (1, 2, 3):
            click(BROWSER, f"Edit event {n}", "#letter")
            for hostile in HOSTILE:
                self.assertIn(json.dumps(hostile), self.field(n).get_property("value"))
        self.type(1, HOSTILE[0])
        wait_until(lambda: "This is not JSON" in self.said_of(1), "what is wrong")
        click(BROWSER, "Undo the edit of event 1", "#letter")
        click(BROWSER, "Drop event 1", "#letter")
        state.fail_next = (400, HOSTILE[1])
        self.send()
        self.says("#letter-problem", HOSTILE[1])
        self.assertEqual(
            BROWSER.execute_script(
                "return [window.harmed ?? null,"
                "  document.querySelectorAll('dialog img, dialog script, dialog svg').length]"
            ),
            [None, 0],
        )

    def test_closing_asks_for_what_was_not_sent(self):
        self.view()
        click(BROWSER, "Drop event 1", "#letter")
        ActionChains(BROWSER).send_keys(Keys.ESCAPE).perform()
        self.says("#confirm", "What you dropped and edited is forgotten")
        click(BROWSER, "Cancel", "#confirm")
        self.says("#letter-plan", "1 event is dropped")
        click(BROWSER, "Close", "#letter")
        click(BROWSER, "Close", "#confirm")
        self.assertFalse(BROWSER.find_element(By.ID, "letter").is_displayed())

    def test_by_keyboard_alone(self):
        state = self.view()

        def press(*keys):
            ActionChains(BROWSER).send_keys(*keys).perform()

        def tab_to(name):
            for _ in range(30):
                press(Keys.TAB)
                if name in (self.active().get_attribute("aria-label") or self.active().text):
                    return
            raise AssertionError(f"no Tab leads to “{name}”")

        tab_to("Edit event 1")
        press(Keys.ENTER)
        self.assertEqual(self.active(), self.field(1))
        press(Keys.ARROW_RIGHT, '"context": {},')
        tab_to("Drop event 2")
        press(Keys.ENTER)
        self.assertEqual(self.active().get_attribute("aria-label"), "Keep event 2")
        tab_to("Replay the rest")
        press(Keys.ENTER)
        self.assertEqual(self.active().get_attribute("id"), "confirm-no")
        ActionChains(BROWSER).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
        press(Keys.ENTER)
        self.assertEqual(self.change_sent(state)[2]["drop"], [1])

    def test_it_fits_and_can_be_read(self):
        for width, scheme in [(1280, "light"), (320, "light"), (320, "dark")]:
            with self.subTest(width=width, scheme=scheme):
                if self.server:
                    self.server.stop()
                resize(BROWSER, width, 700)
                emulate(BROWSER, scheme, reduced_motion=True)
                self.view("hostile", letter="01j00002-7f3a9c")
                click(BROWSER, "Drop event 2", "#letter")
                click(BROWSER, "Edit event 1", "#letter")
                self.type(1, "{")
                wait_until(lambda: "This is not JSON" in self.said_of(1), "what is wrong")
                looked, poor = BROWSER.execute_script(CONTRAST)
                self.assertEqual(poor, [])
                self.assertGreater(looked, 15)
                self.assertEqual(BROWSER.execute_script(NAMELESS), [])
                for part in ("letter", "letter-body"):
                    box = BROWSER.find_element(By.ID, part)
                    self.assertLessEqual(box.get_property("scrollWidth"), box.get_property("clientWidth"))
                requests_of(BROWSER)


class Export(PageTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        BROWSER.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": self.folder})

    def saved(self):
        """The letters in the file that was saved."""
        name = wait_until(
            lambda: [name for name in os.listdir(self.folder) if name.endswith(".ndjson")], "a file that was saved"
        )[0]
        self.assertRegex(name, r"^sluice-dead-letters-[0-9T-]+\.ndjson$")
        with open(os.path.join(self.folder, name), encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def test_all_letters_page_by_page(self):
        state = self.open("many_dead")
        self.says("#groups", "406 letters")
        requests_of(BROWSER)
        click(BROWSER, "Export all")
        self.says("#said", "Exported 730 letters")
        self.assertEqual(self.saved(), state.letters)
        asked = [a for a in requests_of(BROWSER) if "/api/dead/export" in a]
        self.assertEqual(
            [a.split("?")[1] for a in asked], ["limit=500", "limit=500&after=250", "limit=500&after=500"]
        )
        self.assertEqual(state.requests, [])
        self.assertEqual(self.active().get_attribute("data-what"), "export")

    def test_those_that_match(self):
        state = self.open("many_dead")
        self.says("#groups", "406 letters")
        BROWSER.find_element(By.CSS_SELECTOR, "#filter [name=status]").send_keys("422", Keys.ENTER)
        self.says(".list-head", "81 letters")
        click(BROWSER, "Export all that match")
        self.says("#said", "Exported 81 letters")
        self.assertEqual(self.saved(), [letter for letter in state.letters if letter["status"] == 422])

    def test_those_that_are_selected(self):
        state = self.open("many_dead")
        self.says("#groups", "406 letters")
        for box in BROWSER.find_elements(By.CSS_SELECTOR, ".letters tbody input")[1:3]:
            box.click()
        click(BROWSER, "Export selected")
        self.says("#said", "Exported 2 letters")
        self.assertEqual(self.saved(), state.letters[1:3])

    def test_an_end_at_what_a_page_can_take(self):
        state = self.open("many_dead", broken=[("export.js", "200_000_000", "300_000")])
        self.says("#groups", "406 letters")
        click(BROWSER, "Export all")
        self.says("#said", "The export ended at 500 letters")
        self.says("#said", "narrow the search for the others")
        self.assertEqual(self.saved(), state.letters[:500])

    def test_a_stop_saves_nothing(self):
        state = self.open("many_dead")
        self.says("#groups", "406 letters")
        with state.lock:  # until the second page is asked for
            state.hold_export = True
        click(BROWSER, "Export all")
        self.says("#export-words", "Exporting: 250 letters")
        self.assertEqual(BROWSER.execute_script(NAMELESS), [])
        self.assertEqual(BROWSER.execute_script(CONTRAST)[1], [])
        click(BROWSER, "Stop the export")
        with state.lock:
            state.hold_export = False
        self.says("#said", "The export was stopped, and nothing was saved.")
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_failure_saves_nothing_and_says_why(self):
        state = self.open("many_dead")
        self.says("#groups", "406 letters")
        state.fail_export = (503, "the store does not answer: disk I/O error")
        click(BROWSER, "Export all")
        self.says("#said", "The export failed, and nothing was saved: the store does not answer: disk I/O error")
        self.assertEqual(os.listdir(self.folder), [])
        button(BROWSER, "Export all")


class Erasure(PageTest):
    def fill(self, user, anonymous="", block="", then="Erase the user"):
        self.says("#groups", "406 letters")
        BROWSER.find_element(By.CSS_SELECTOR, "#erase summary").send_keys(Keys.ENTER)
        BROWSER.find_element(By.CSS_SELECTOR, "#erase [name=user]").send_keys(user)
        BROWSER.find_element(By.CSS_SELECTOR, "#erase [name=anonymous]").send_keys(anonymous)
        if block:
            Select(BROWSER.find_element(By.CSS_SELECTOR, "#erase [name=block]")).select_by_visible_text(block)
        click(BROWSER, then, "#erase")

    def test_a_user_is_erased_and_counted(self):
        state = self.open("many_dead")
        self.fill("u-3")
        self.says("#confirm", "The events of the user “u-3” leave everything that waits, and all dead letters.")
        self.says("#confirm", "What is delivered is not undone. This cannot be taken back.")
        self.assertEqual(self.active().get_attribute("id"), "confirm-no")
        self.assertEqual(state.requests, [])
        click(BROWSER, "Erase for good", "#confirm")
        self.assertEqual(self.change_sent(state), ("DELETE", "/api/users?user_id=u-3", None))
        self.says("#jobs", "Erasure of a user")
        self.says("#said", "Erasure of a user. Done at")
        self.says("#said", "107 events erased from 43 batches.")
        self.says("#helped", "You erased a user")
        self.says("#aside", "erased 107")
        self.assertNotIn("u-3", text_of(BROWSER, "#jobs") + text_of(BROWSER, "#outcome"))
        self.assertEqual(BROWSER.find_element(By.CSS_SELECTOR, "#erase [name=user]").get_property("value"), "")

    def test_ids_are_encoded(self):
        state = self.open("many_dead")
        self.fill("a/b?c #é", "x&y=z")
        self.says("#confirm", "The events of the user “a/b?c #é”, and those of the anonymous id “x&y=z” leave")
        click(BROWSER, "Erase for good", "#confirm")
        self.assertEqual(
            self.change_sent(state)[:2], ("DELETE", "/api/users?user_id=a%2Fb%3Fc+%23%C3%A9&anonymous_id=x%26y%3Dz")
        )

    def test_an_anonymous_id_is_enough_and_none_is_too_little(self):
        state = self.open("many_dead")
        self.fill("")
        self.assertEqual(self.active().get_attribute("name"), "user")
        self.assertEqual(
            self.active().get_property("validationMessage"), "A user id or an anonymous id is needed."
        )
        BROWSER.find_element(By.CSS_SELECTOR, "#erase [name=anonymous]").send_keys("a-1")
        click(BROWSER, "Erase the user", "#erase")
        self.says("#confirm", "The events of the anonymous id “a-1” leave everything that waits")
        click(BROWSER, "Erase for good", "#confirm")
        self.assertEqual(self.change_sent(state), ("DELETE", "/api/users?anonymous_id=a-1", None))

    def test_a_user_who_was_blocked_is_unblocked(self):
        state = self.open("many_dead")
        state.blocked = {"u-3"}
        self.fill("u-3", then="Unblock the user")
        self.says("#confirm", "Later events of the user “u-3” are admitted again. What was erased or rejected")
        self.assertEqual(state.requests, [])
        click(BROWSER, "Unblock", "#confirm")
        self.assertEqual(self.change_sent(state), ("DELETE", "/api/blocked?user_id=u-3", None))
        self.says("#said", "Unblocked 1 id. Processes that deliver admit the user's events within six seconds.")
        self.says("#helped", "You unblocked a user")
        BROWSER.find_element(By.CSS_SELECTOR, "#erase [name=user]").send_keys("u-3")
        click(BROWSER, "Unblock the user", "#erase")
        click(BROWSER, "Unblock", "#confirm")
        self.says("#said", "No such id was blocked.")

    def test_later_events_are_rejected_if_asked(self):
        state = self.open("many_dead")
        self.fill("u-3", block="For 30 days")
        self.says("#confirm", "Later events of the user are rejected meanwhile, and for as long as you chose.")
        click(BROWSER, "Erase for good", "#confirm")
        self.assertEqual(self.change_sent(state)[:2], ("DELETE", "/api/users?user_id=u-3&block_for_ms=2592000000"))

    def test_a_job_of_another_process_is_shown_and_can_be_cancelled(self):
        state = self.open("many_dead")
        self.says("#groups", "406 letters")
        with state.lock:
            job = state.job_of("purge", {})
            job["elsewhere"] = True
        self.says("#jobs", "Purge of all dead letters, in another process")
        click(BROWSER, "Cancel", "#jobs")
        click(BROWSER, "Stop the job", "#confirm")
        self.assertEqual(self.change_sent(state), ("DELETE", f"/api/jobs/{job['id']}", None))
        self.says("#helped", "You cancelled a job")

    def test_a_job_that_another_process_ends_is_over(self):
        state = self.open("many_dead")
        self.says("#groups", "406 letters")
        with state.lock:
            state.job_of("purge", {})["elsewhere"] = True
        self.says("#jobs", "Purge of all dead letters, in another process")
        with state.lock:
            state.jobs[0]["elsewhere"] = False  # this one has taken it over
        wait_until(lambda: "in another" not in text_of(BROWSER, "#jobs h3"), "another heading")
        with state.lock:
            state.jobs[0]["elsewhere"] = True
        self.says("#jobs", "Purge of all dead letters, in another process")
        with state.lock:
            state.jobs[:] = [state.job_of("replay", {"status": 1})]
        self.says("#said", "Purge of all dead letters, in another process: it has ended, or its process is not heard of.")
        self.assertNotIn("Purge", text_of(BROWSER, "#jobs"))

    def test_a_job_that_waits_for_the_queue_says_so(self):
        state = self.open("many_dead")
        self.says("#groups", "406 letters")
        with state.lock:
            job = state.job_of("purge", {})
            job["error"] = "the store does not answer"
        self.says("#jobs", "It goes on when the queue answers again: the store does not answer. So far: 0 letters")

    def test_what_could_not_be_erased_is_said(self):
        state = self.open("many_dead")
        state.erase_error = "3 events are in flight for too long: erase the user again"
        self.fill("u-3")
        click(BROWSER, "Erase for good", "#confirm")
        self.says("#said", "107 events erased from 43 batches. 3 events are in flight for too long")
        self.assertEqual(BROWSER.find_element(By.ID, "outcome").get_attribute("data-tone"), "bad")

    def test_it_can_be_cancelled_and_the_question_too(self):
        state = self.open("many_dead")
        self.fill("u-3")
        click(BROWSER, "Cancel", "#confirm")
        self.assertEqual(state.requests, [])
        click(BROWSER, "Erase the user", "#erase")
        click(BROWSER, "Erase for good", "#confirm")
        click(BROWSER, "Cancel: Erasure of a user", "#jobs")
        click(BROWSER, "Stop the job", "#confirm")
        self.says("#jobs", "Cancelled at")
        self.assertEqual(state.requests[-1][:2], ("DELETE", "/api/jobs/1"))

    def test_a_refusal_is_said_and_the_user_kept(self):
        state = self.open("many_dead")
        state.fail_next = (503, "the store does not answer")
        self.fill("u-3")
        click(BROWSER, "Erase for good", "#confirm")
        self.says("#said", "The erasure was not begun: the store does not answer")
        self.assertEqual(BROWSER.find_element(By.CSS_SELECTOR, "#erase [name=user]").get_property("value"), "u-3")

    def test_it_fits_and_can_be_read(self):
        for scheme in ["light", "dark"]:
            with self.subTest(scheme=scheme):
                if self.server:
                    self.server.stop()
                resize(BROWSER, 320, 700)
                emulate(BROWSER, scheme, reduced_motion=True)
                self.open("many_dead")
                self.fill("u-3")
                click(BROWSER, "Cancel", "#confirm")
                self.assertEqual(BROWSER.execute_script(NAMELESS), [])
                self.assertEqual(BROWSER.execute_script(CONTRAST)[1], [])
                self.assertEqual(BROWSER.execute_script("return document.documentElement.scrollWidth"), 320)
                requests_of(BROWSER)


class Keyboard(PageTest):
    def press(self, *keys):
        ActionChains(BROWSER).send_keys(*keys).perform()

    def tab_to(self, words):
        for _ in range(60):
            self.press(Keys.TAB)
            active = self.active()
            if words in (active.get_attribute("aria-label") or active.text):
                return active
        raise AssertionError(f"no Tab leads to “{words}”")

    def test_a_change_by_keyboard_alone(self):
        state = self.open("flowing")
        self.says("#headline", "Events flow")
        self.press(Keys.TAB)
        self.assertEqual(self.active().text, "Skip to the state")
        self.press(Keys.ENTER)
        self.tab_to("Pause deliveries")
        outline = BROWSER.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
        self.assertEqual(outline, "solid")
        self.press(Keys.ENTER)
        for _ in range(4):  # the dialog keeps the focus
            self.press(Keys.TAB)
            inside = BROWSER.execute_script(
                "return document.activeElement === document.body || !!document.activeElement.closest('#confirm')"
            )
            self.assertTrue(inside)
        self.press(Keys.ESCAPE)
        self.assertFalse(BROWSER.find_element(By.ID, "confirm").is_displayed())
        self.assertEqual(self.active().text, "Pause deliveries…")
        self.assertEqual(state.requests, [])
        self.press(Keys.ENTER, Keys.ENTER)
        self.assertEqual(self.change_sent(state), ("POST", "/api/pause", None))
        self.says("#headline", "Deliveries are paused")

    def test_a_letter_by_keyboard_alone(self):
        self.open("paused_by_guard")
        self.says("#groups", "20 letters")
        self.tab_to("See the dead letters")
        self.press(Keys.ENTER)
        self.tab_to("Open letter 01j00001")
        self.press(Keys.ENTER)
        self.says("#letter", "Dead letter 01j00001")
        self.press(Keys.ESCAPE)
        self.assertFalse(BROWSER.find_element(By.ID, "letter").is_displayed())
        self.assertIn("01j00001", self.active().text)

    def test_the_plots_are_read_with_arrow_keys(self):
        self.open("unavailable")
        self.says("#plots", "Rates")
        slider = BROWSER.find_element(By.ID, "cursor")
        wait_until(slider.is_enabled, "samples")
        self.says("#moment", "destination unavailable")
        slider.send_keys(Keys.HOME)
        self.says("#moment", "ago: flowing")
        self.assertRegex(slider.get_attribute("aria-valuetext"), r"accepted \d+/s, delivered \d+/s")
        slider.send_keys(Keys.ARROW_RIGHT)
        self.says("#moment", "59 min ago")

    def test_the_last_hour_as_a_table(self):
        self.open("unavailable")
        self.says("#plots", "Rates")
        BROWSER.find_element(By.CSS_SELECTOR, "#history-table summary").send_keys(Keys.ENTER)
        wait_until(lambda: len(BROWSER.find_elements(By.CSS_SELECTOR, "#history-table tbody tr")) == 60, "60 rows")


CONTRAST = script("contrast.js")
NAMELESS = script("nameless.js")


class EveryState(PageTest):
    scenarios = [
        "idle",
        "late",
        "unavailable",
        "misconfigured",
        "paused",
        "paused_by_guard",
        "store_failed",
        "many_dead",
        "lost",
    ]

    def settle(self):
        wait_until(lambda: text_of(BROWSER, "#connection") == "live", "the server")
        wait_until(lambda: BROWSER.find_element(By.ID, "cursor").is_enabled(), "the history")
        if BROWSER.find_element(By.ID, "letters-all").is_displayed():
            wait_until(lambda: text_of(BROWSER, "#groups"), "the groups")

    def check_contrast(self, least):
        looked, poor = BROWSER.execute_script(CONTRAST)
        self.assertEqual(poor, [])
        self.assertGreater(looked, least)

    def test_contrast_and_names(self):
        for scenario in self.scenarios:
            for scheme in ["light", "dark"]:
                with self.subTest(scenario=scenario, scheme=scheme):
                    if self.server:
                        self.server.stop()
                    emulate(BROWSER, scheme, reduced_motion=True)
                    self.open(scenario)
                    self.settle()
                    self.check_contrast(60)
                    self.assertEqual(BROWSER.execute_script(NAMELESS), [])
                    requests_of(BROWSER)

    def test_contrast_and_names_in_dialogs_and_without_the_server(self):
        for scheme in ["light", "dark"]:
            with self.subTest(scheme=scheme):
                emulate(BROWSER, scheme, reduced_motion=True)
                self.open("many_dead")
                self.settle()
                click(BROWSER, "Open letter 01j00000")
                self.says("#letter", "Dead letter")
                self.check_contrast(10)
                click(BROWSER, "Purge", "#letter")
                self.assertEqual(BROWSER.execute_script(NAMELESS), [])
                click(BROWSER, "Cancel", "#confirm")
                click(BROWSER, "Close", "#letter")
                self.server.stop()
                self.says("#headline", "The server does not answer")
                self.check_contrast(60)
                requests_of(BROWSER)
        self.server = None

    def test_nothing_scrolls_sideways_at_320_pixels(self):
        resize(BROWSER, 320, 700)
        for scenario in self.scenarios + ["hostile"]:
            with self.subTest(scenario=scenario):
                if self.server:
                    self.server.stop()
                self.open(scenario)
                self.settle()
                BROWSER.find_element(By.CSS_SELECTOR, "#history-table summary").send_keys(Keys.ENTER)
                self.assertEqual(BROWSER.execute_script("return document.documentElement.scrollWidth"), 320)
                if scenario == "hostile":
                    click(BROWSER, "Open letter 01j00000")
                    dialog = BROWSER.find_element(By.ID, "letter")
                    self.assertLessEqual(dialog.get_property("scrollWidth"), dialog.get_property("clientWidth"))
                requests_of(BROWSER)

    def test_reduced_motion_stops_the_water(self):
        emulate(BROWSER, reduced_motion=True)
        self.open("flowing")
        self.settle()
        self.assertEqual(BROWSER.execute_script("return document.getAnimations().length"), 0)
        emulate(BROWSER)
        wait_until(lambda: BROWSER.execute_script("return document.getAnimations().length") > 0, "the water")


class TheTestsThemselves(PageTest):
    """Defects that the tests above must find."""

    def broken(self, scenario, *defects):
        self.open(scenario, broken=defects)
        EveryState.settle(self)

    def test_markup_of_events_is_found(self):
        self.broken("hostile", ("dom.js", "node.append(", "node.innerHTML += children.flat(); node.append("))
        self.assertGreater(
            BROWSER.execute_script("return document.querySelectorAll('main img, main script').length"), 0
        )
        self.assertTrue(complaints_of(BROWSER))

    def test_a_pale_text_is_found(self):
        self.broken("flowing", ("page.css", "--muted: #4b606b", "--muted: #8fa3ad"))
        self.assertTrue(BROWSER.execute_script(CONTRAST)[1])

    def test_a_missing_name_is_found(self):
        self.broken("flowing", ("index.html", 'for="cursor"', ""))
        self.assertTrue(BROWSER.execute_script(NAMELESS))

    def test_a_missing_name_of_a_text_field_is_found(self):
        self.broken("many_dead", ("editor.js", '"aria-label": `Event ${this.index + 1} as JSON`,', ""))
        click(BROWSER, "Open letter 01j00002")
        click(BROWSER, "Edit event 1", "#letter")
        self.assertTrue(BROWSER.execute_script(NAMELESS))

    def test_a_rounded_number_is_found(self):
        self.broken("many_dead", ("editor.js", "laid_out(text)", "laid_out(JSON.stringify(JSON.parse(text)))"))
        click(BROWSER, "Open letter 01j00002")
        self.says("#letter-events", '"order"')
        self.assertNotIn(str(BIG + 2), text_of(BROWSER, "#letter-events"))

    def test_a_request_elsewhere_is_found(self):
        self.broken(
            "flowing", ("page.js", "link.follow();", 'link.follow(); fetch("http://127.0.0.1:9/").catch(() => {});')
        )
        self.assertTrue(any("Content Security Policy" in words for words in complaints_of(BROWSER)))

    def test_a_wide_page_is_found(self):
        resize(BROWSER, 320, 700)
        self.broken("flowing", ("page.css", ".filter {", ".hero { min-width: 400px; } .filter {"))
        self.assertGreater(BROWSER.execute_script("return document.documentElement.scrollWidth"), 320)

    def test_a_change_without_a_question_is_found(self):
        state = self.open(
            "flowing", broken=[("dialogs.js", "last = last.then(() => open(question))", "last = last.then(() => ({}))")]
        )
        click(BROWSER, "Pause deliveries")
        self.says("#headline", "Deliveries are paused")
        self.assertEqual(len(state.requests), 1)


if __name__ == "__main__":
    unittest.main()
