"""What the tests of the page share: one browser, one daemon, a window of its own for each test."""

import atexit
import os
import re
import time
import unittest

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from daemon import Daemon

LIMIT = 10_000
expect.set_options(timeout=LIMIT)

# What a browser says by itself in the console where a server goes away or refuses: no fault of the page's.
EXPECTED_WHEN_AWAY = re.compile(r"ERR_CONNECTION_|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|status of (400|404|499|503)")
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}

_shared = {}


def browser():
    if "browser" not in _shared:
        playwright = sync_playwright().start()
        flags = ["--disable-gpu", *(["--no-sandbox"] if os.getuid() == 0 else [])]
        _shared["browser"] = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        atexit.register(playwright.stop)
        atexit.register(_shared["browser"].close)
    return _shared["browser"]


def daemon():
    if "daemon" not in _shared:
        _shared["daemon"] = Daemon()
        atexit.register(_shared["daemon"].stop)
    return _shared["daemon"]


def eventually(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class PageTest(unittest.TestCase):
    """A test with a page; whatever the page complains about in its console fails it."""

    tolerated = None

    def setUp(self):
        self.daemon = daemon()

    def open(self, path="", address=None, **window):
        window.setdefault("viewport", {"width": 1280, "height": 860})
        context = browser().new_context(accept_downloads=True, **window)
        self.addCleanup(context.close)
        page = context.new_page()
        page.set_default_timeout(LIMIT)
        self.complaints, self.hosts = [], set()
        page.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2] if "//" in request.url else "data"))
        page.goto((address or self.daemon.address) + path)
        return page

    def tearDown(self):
        complaints = [one for one in getattr(self, "complaints", []) if not (self.tolerated and self.tolerated.search(one))]
        self.assertEqual(complaints, [], "the page complained")

    # What one does with the page.

    def suggestion(self, page, title):
        card = page.locator(".card").filter(has=page.locator(".card-title", has_text=re.compile(f"^{title}$")))
        expect(card).to_be_visible()
        return card

    def mode(self, page, words):
        page.locator(".composer").get_by_role("radio", name=words, exact=True).check()

    def setting(self, page, name, value):
        page.get_by_role("button", name=re.compile("^Settings")).click()
        field = page.get_by_label(name, exact=True)
        field.fill(value)
        page.locator("dialog.panel").get_by_role("button", name="Close").click()

    def write(self, page, words):
        page.locator(".draft textarea").last.fill(words)

    def send(self, page):
        page.get_by_role("button", name="Continue", exact=True).click()

    def wait(self, page, count=1):
        """Waits until as many answers are complete."""
        expect(page.get_by_role("button", name="Another seed")).to_have_count(count)

    def ask(self, page, words, mode, answers=1):
        self.mode(page, mode)
        self.write(page, words)
        self.send(page)
        self.wait(page, answers)

    def turns(self, page):
        """What is on the screen, as `(who, [parts])`: words, or `picture`."""
        return page.locator(".turn").evaluate_all(
            """turns => turns.map(turn => [turn.classList.contains("you") ? "you" : "model",
                [...turn.querySelectorAll(".part")].filter(part => !part.classList.contains("out"))
                    .map(part => part.classList.contains("of-image") ? "picture" : part.querySelector(".words").textContent)])"""
        )

    def assert_accessible(self, page, where):
        """None of axe-core's rules is broken."""
        found = Axe().run(page)
        broken = [
            f"{where}: {one['id']}: {one['help']}: {node['html'][:200]} {node['failureSummary']}"
            for one in found.response["violations"]
            for node in one["nodes"]
        ]
        with self.subTest(where):
            self.assertEqual(broken, [], "\n".join(sorted(set(broken))[:8]))


SENTENCE = "a small red square at the center on a dark background"
CAPTION = "a large yellow star at the top left and a small blue square at the bottom right on a dark background"
