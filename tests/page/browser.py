"""A browser without a window, and what the tests ask of it."""

import json
import os
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By


def open_browser():
    options = Options()
    # No sandbox for root, no traffic but to loopback: the proxy is a port that nobody listens on.
    for argument in [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "--disable-sync",
        "--disable-default-apps",
        "--proxy-server=http://127.0.0.1:9",
    ]:
        options.add_argument(argument)
    options.binary_location = os.environ.get("SLUICE_CHROMIUM", "/usr/bin/chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = os.environ.get("SLUICE_CHROMEDRIVER", "/usr/bin/chromedriver")
    browser = webdriver.Chrome(service=Service(driver), options=options)
    browser.set_script_timeout(20)
    return browser


def script(name):
    """A script of this folder, for the browser."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), encoding="utf-8") as f:
        return f.read()


def emulate(browser, scheme="light", reduced_motion=False):
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {
            "features": [
                {"name": "prefers-color-scheme", "value": scheme},
                {"name": "prefers-reduced-motion", "value": "reduce" if reduced_motion else "no-preference"},
            ]
        },
    )


def resize(browser, width, height):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )


def text_of(browser, selector):
    """What can be read there, with plain spaces."""
    words = browser.execute_script("return document.querySelector(arguments[0])?.innerText ?? ''", selector)
    return " ".join(words.replace("\u202f", " ").split())


def wait_until(condition, what, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"this has not come: {what}")


def wait_for(browser, selector, words, seconds=10):
    last = [""]

    def found():
        last[0] = text_of(browser, selector)
        return words in last[0]

    try:
        return wait_until(found, "", seconds)
    except AssertionError:
        raise AssertionError(f"{selector} does not say “{words}”, but “{last[0]}”") from None


def button(browser, words, within="body"):
    """The button with this name that can be seen."""

    def found():
        for candidate in browser.find_elements(By.CSS_SELECTOR, f"{within} button"):
            if candidate.is_displayed() and words in (candidate.get_attribute("aria-label") or candidate.text):
                return candidate
        return None

    return wait_until(found, f"a button “{words}”")


def click(browser, words, within="body"):
    # The page may draw a button anew between finding and clicking it.
    for _ in range(3):
        try:
            return button(browser, words, within).click()
        except Exception as e:
            last = e
    raise last


def requests_of(browser):
    """Every address that was asked for since the last call."""
    addresses = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            addresses.append(message["params"]["request"]["url"])
    return addresses


def complaints_of(browser):
    """What the console has of errors since the last call; requests that are meant to fail are none."""
    return [
        entry["message"]
        for entry in browser.get_log("browser")
        if entry["level"] == "SEVERE" and "Failed to load resource" not in entry["message"]
    ]
