"""Draws the views as a person would see them, to be looked at: scripts/browser --shots FOLDER."""

import os
import pathlib
import re

from playwright.sync_api import expect

from support import PHONE, PageTest

FOLDER = pathlib.Path(os.environ["PAGE_SHOTS"])
SCENE = "a small cyan triangle at the top right and a large green circle at the left on a light background"
LOAD = {"input": [{"type": "text", "text": SCENE}], "mode": "image", "image": {"steps": 200}}

# Waits for the middle of an answer's second picture, which lasts for a fraction of a second: where it was missed, for what comes after it.
HALF_DRAWN = """() => new Promise((resolve) => {
    const look = () => {
        const parts = document.querySelectorAll(".model .part");
        const caption = parts[2]?.querySelector("figcaption span")?.textContent ?? "";
        if (Number(/Step (\\d+)/.exec(caption)?.[1]) >= 6 || parts.length > 3) resolve();
        else requestAnimationFrame(look);
    };
    look();
})"""


class Shots(PageTest):
    def shoot(self, page, name):
        page.wait_for_timeout(250)
        page.mouse.move(0, 0)
        page.screenshot(path=FOLDER / f"{name}.png")

    def views(self, name, **window):
        page = self.open(**window)
        expect(page.locator(".card").first).to_be_visible()
        self.shoot(page, f"{name}-welcome")
        self.setting_seed(page, "3")
        self.ask(page, SCENE, "Picture")
        self.setting_seed(page, "5")
        self.ask(page, "now the circle becomes a star", "Picture", 2)
        self.shoot(page, f"{name}-change")
        page.get_by_role("button", name="Another seed").last.click()
        self.wait(page, 3)
        self.shoot(page, f"{name}-seeds")
        page.get_by_text("Details", exact=True).last.click()
        self.shoot(page, f"{name}-details")
        page.get_by_role("button", name="Repeat as code").first.click()
        self.shoot(page, f"{name}-programs")
        page.keyboard.press("Escape")
        page.get_by_role("button", name=re.compile("^Settings")).click()
        self.shoot(page, f"{name}-settings")
        page.keyboard.press("Escape")
        if window.get("is_mobile"):
            page.get_by_role("button", name="Show the conversations").click()
            self.shoot(page, f"{name}-conversations")
            page.get_by_role("button", name="New", exact=True).click()
        else:
            page.get_by_role("button", name="New", exact=True).click()
        self.suggestion(page, "Tell a story").click()
        page.evaluate(HALF_DRAWN)
        page.screenshot(path=FOLDER / f"{name}-coming.png")
        self.wait(page)
        self.shoot(page, f"{name}-story")
        page.locator("input[type=file]").first.set_input_files("../../docs/examples/scene.png")
        expect(page.locator(".row.image")).to_have_count(1)
        self.write(page, "a photo of")
        self.shoot(page, f"{name}-composing")
        for path in ("engine", "docs"):
            page.goto(self.daemon.address + path)
            expect(page.locator(".legend" if path == "engine" else ".operation").first).to_be_visible()
            if path == "engine":
                connections = [self.daemon.begin(LOAD, f"picture-{index}") for index in range(10)]
                page.wait_for_timeout(5000)
            self.shoot(page, f"{name}-{path}")
            if path == "engine":
                page.screenshot(path=FOLDER / f"{name}-{path}-whole.png", full_page=True)
                for connection in connections:
                    connection.close()
        page.context.close()

    def setting_seed(self, page, seed):
        self.setting(page, "Seed", seed)

    def runTest(self):
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.views("light", color_scheme="light", device_scale_factor=1.5)
        self.views("dark", color_scheme="dark", device_scale_factor=1.5)
        self.views("phone", color_scheme="light", **PHONE)
        self.views("phone-dark", color_scheme="dark", **PHONE)


if __name__ == "__main__":
    shots = Shots()
    shots.setUp()
    try:
        shots.runTest()
    finally:
        shots.doCleanups()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")
