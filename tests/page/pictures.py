#!/usr/bin/env python3
"""Makes the pictures of docs/page.md: pictures.py FOLDER [NAME …]. It needs
pngquant, and looks best with the font Inter."""

import subprocess
import sys
import time

from selenium.webdriver.common.by import By

from browser import click, emulate, open_browser, resize, text_of, wait_for, wait_until
from stand_in import StandIn

WIDE, NARROW, WALL = (1280, 1000), (390, 844), (2560, 1440)


def letters(browser):
    wait_until(lambda: text_of(browser, "#groups"), "the groups of dead letters")
    browser.execute_script("document.getElementById('letters').scrollIntoView()")


def editor(browser):
    """A letter of three events: the first is edited, the second dropped."""
    click(browser, "Open letter 01j00002")
    click(browser, "Drop event 2")
    click(browser, "Edit event 1")
    field = browser.find_element(By.CSS_SELECTOR, "#letter textarea")
    browser.execute_script(
        "arguments[0].value = arguments[0].value.replace('27.5', '27.50');"
        "arguments[0].dispatchEvent(new Event('input'));"
        "document.activeElement.blur()",
        field,
    )


# name, scenario, colours, size, and what is done before the picture is taken
PICTURES = [
    ("idle-light-wide", "idle", "light", WIDE, None),
    ("flowing-light-wide", "flowing", "light", (1280, 1250), None),
    ("flowing-dark-narrow", "flowing", "dark", NARROW, None),
    ("unavailable-dark-wide", "unavailable", "dark", (1280, 1250), None),
    ("unavailable-light-narrow", "unavailable", "light", NARROW, None),
    ("misconfigured-light-wide", "misconfigured", "light", WIDE, None),
    ("guard-light-wide", "paused_by_guard", "light", WIDE, None),
    ("guard-dark-narrow", "paused_by_guard", "dark", NARROW, None),
    ("dead-letters-light-wide", "many_dead", "light", WIDE, letters),
    ("dead-letters-dark-wide", "many_dead", "dark", WIDE, letters),
    ("dead-letters-light-narrow", "many_dead", "light", NARROW, letters),
    ("editor-light-wide", "paused_by_guard", "light", (1280, 1120), editor),
    ("editor-dark-narrow", "paused_by_guard", "dark", NARROW, editor),
    ("wall-dark", "unavailable", "dark", WALL, None),
]


def main():
    only = sys.argv[2:]
    browser = open_browser()
    try:
        for name, scenario, scheme, size, prepare in PICTURES:
            if only and name not in only:
                continue
            server = StandIn(scenario)
            resize(browser, *size)
            emulate(browser, scheme, reduced_motion=True)
            browser.get(server.url)
            wait_for(browser, "#connection", "live")
            wait_for(browser, "#moment", ":")
            if prepare:
                prepare(browser)
            time.sleep(0.7)  # until the last figures are drawn
            picture = f"{sys.argv[1]}/page-{name}.png"
            browser.save_screenshot(picture)
            subprocess.run(
                ["pngquant", "--force", "--skip-if-larger", "--strip", "--output", picture, picture], check=True
            )
            server.stop()
    finally:
        browser.quit()


if __name__ == "__main__":
    main()
