#!/usr/bin/env python3
"""Makes the pictures of docs/page.md: pictures.py FOLDER. It needs
pngquant, and looks best with the font Inter."""

import subprocess
import sys
import time

from browser import emulate, open_browser, resize, text_of, wait_for, wait_until
from stand_in import StandIn

WIDE, NARROW = (1280, 1000), (390, 844)
# name, scenario, colours, size, and the element that the picture begins with
PICTURES = [
    ("idle-light-wide", "idle", "light", WIDE, None),
    ("flowing-light-wide", "flowing", "light", (1280, 1250), None),
    ("flowing-dark-narrow", "flowing", "dark", NARROW, None),
    ("unavailable-dark-wide", "unavailable", "dark", (1280, 1250), None),
    ("unavailable-light-narrow", "unavailable", "light", NARROW, None),
    ("misconfigured-light-wide", "misconfigured", "light", WIDE, None),
    ("guard-light-wide", "paused_by_guard", "light", WIDE, None),
    ("guard-dark-narrow", "paused_by_guard", "dark", NARROW, None),
    ("dead-letters-light-wide", "many_dead", "light", WIDE, "letters"),
    ("dead-letters-dark-wide", "many_dead", "dark", WIDE, "letters"),
    ("dead-letters-light-narrow", "many_dead", "light", NARROW, "letters"),
]


def main():
    browser = open_browser()
    try:
        for name, scenario, scheme, size, begin in PICTURES:
            server = StandIn(scenario)
            resize(browser, *size)
            emulate(browser, scheme, reduced_motion=True)
            browser.get(server.url)
            wait_for(browser, "#connection", "live")
            wait_for(browser, "#moment", ":")
            if begin:
                wait_until(lambda: text_of(browser, "#groups"), "the groups of dead letters")
                browser.execute_script("document.getElementById(arguments[0]).scrollIntoView()", begin)
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
