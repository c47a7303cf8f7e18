"""A daemon that asks for keys, seen from the page."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from playwright.sync_api import expect

from daemon import Daemon
from support import PageTest


class KeyTests(PageTest):
    tolerated = re.compile("status of (401|403)")

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.keys = str(pathlib.Path(folder.name) / "keys")
        command = [os.environ["PAGE_PROGRAM"], "key", "add", "--file", cls.keys, "--name", "reader"]
        cls.key = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        command = [*command[:-1], "operator", "--rights", "admin"]
        cls.operator = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        cls.keyed = Daemon("--api-keys", cls.keys)
        cls.addClassCleanup(cls.keyed.stop)

    def setUp(self):
        self.daemon = self.keyed

    def test_the_page_asks_for_the_key_and_goes_on_with_it(self):
        page = self.open()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("asks for a key")
        dialog.get_by_label("Key").fill("ilv_wrong")
        dialog.get_by_role("button", name="Use it").click()
        expect(dialog).to_contain_text("the key is not known here")
        dialog.get_by_label("Key").fill(self.key)
        dialog.get_by_role("button", name="Use it").click()
        expect(dialog).to_have_count(0)
        expect(page.get_by_role("status").filter(has_text="nano")).to_be_visible()
        page.reload()
        expect(page.get_by_role("status").filter(has_text="nano")).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)

    def test_who_declines_is_not_asked_again_and_again(self):
        page = self.open()
        page.get_by_role("dialog").get_by_role("button", name="Not now").click()
        expect(page.get_by_role("status").filter(has_text="asks for a key")).to_be_visible()
        page.wait_for_timeout(2500)
        expect(page.get_by_role("dialog")).to_have_count(0)

    def test_the_engine_asks_for_a_key_and_tells_which_right_is_missing(self):
        page = self.open("engine")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("asks for a key")
        dialog.get_by_role("button", name="Not now").click()
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("no key was sent")
        alert.get_by_role("button", name="Give a key").click()
        dialog.get_by_label("Key").fill(self.key)
        dialog.get_by_role("button", name="Use it").click()
        expect(alert).to_contain_text('the key "reader" lacks the right admin')
        expect(page.locator(".figures")).to_contain_text("running")
        self.assert_accessible(page, "engine with a key that lacks a right")
        alert.get_by_role("button", name="Give a key").click()
        expect(dialog).to_contain_text('lacks the right admin')
        dialog.get_by_label("Key").fill(self.operator)
        dialog.get_by_role("button", name="Use it").click()
        expect(alert).to_have_count(0)
        expect(page.locator(".figures")).to_contain_text("MiB")

    def test_the_contract_is_read_without_a_key(self):
        page = self.open("docs")
        expect(page.locator(".operation").first).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)


if __name__ == "__main__":
    unittest.main()
