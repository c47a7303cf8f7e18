"""Opens examples/browser.html from another origin than the daemon's, and does with it what a person would.

usage: browser_check.py <address of the page's server> <address of the daemon>; needs Debian's chromium
"""

import os
import sys

from playwright.sync_api import expect, sync_playwright

pages, daemon = sys.argv[1:]
with sync_playwright() as playwright:
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.getuid() == 0 else [])]
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
    page = browser.new_page()
    page.set_default_timeout(30_000)
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{pages}/browser.html?daemon={daemon}")
    state = page.locator("#state")

    page.get_by_role("button", name="Tell").click()
    expect(state).to_have_text("3 pictures", timeout=30_000)
    for part in page.locator("#story > *").element_handles():
        is_picture = part.evaluate("part => part.tagName === 'IMG'")
        width = part.evaluate("part => part.decode?.().then(() => part.naturalWidth)")
        print(f"a picture of {width} pixels" if is_picture else part.text_content())

    page.get_by_role("button", name="Tell").click()
    expect(state).to_contain_text("step ")
    page.get_by_role("button", name="Stop").click()
    expect(state).to_have_text("stopped")
    print(state.text_content())

    page.get_by_label("Words").fill("a " * 2000)
    page.get_by_role("button", name="Tell").click()
    expect(state).to_contain_text("input")
    print(state.text_content())
    assert complaints == [], complaints
    browser.close()
