"""Reports of the command line as pages that are files of their own."""

import os
import pathlib
import re
import subprocess
import tempfile

from playwright.sync_api import expect

from support import CAPTION, PageTest

SCENE = pathlib.Path(__file__).parents[2] / "docs/examples/scene.png"


class ReportTests(PageTest):
    def report(self, *command):
        """The page that a command writes, open in a window, accessible and without a request for anything."""
        folder = pathlib.Path(tempfile.mkdtemp())
        arguments = [os.environ["PAGE_PROGRAM"], *command, "--html", folder / "report.html"]
        subprocess.run(arguments, check=True, capture_output=True, timeout=120, cwd=folder)
        page = self.open(address="about:blank", reduced_motion="reduce")
        requests = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto((folder / "report.html").as_uri())
        self.assertEqual([one for one in requests if not one.startswith(("data:", "file:"))], [])
        self.assert_accessible(page, command[0])
        return page

    def test_an_answer_is_shown_with_what_was_asked(self):
        page = self.report("generate", "--input", f"@{SCENE}", "--input", "a photo of", "--mode", "text", "--output", "answer")
        expect(page.get_by_role("heading", level=1)).to_have_text("Answered by nano")
        expect(page.locator(".words")).to_have_text(["a photo of", CAPTION])
        expect(page.locator("img")).to_have_count(1)

    def test_an_evaluation_is_shown_with_its_examples(self):
        page = self.report("eval", "--count", "2", "--split", "train", "--suite", "caption", "--suite", "editing", "--steps", "4")
        expect(page.get_by_role("heading", level=2)).to_have_text(["Scores", "caption, train", "editing, train"])
        expect(page.locator(".example")).to_have_count(4)

    def test_a_load_is_shown_with_its_times(self):
        page = self.report("bench", "serve", "--url", self.daemon.address.rstrip("/"), "--requests", "4", "--concurrency", "2", "--steps", "2", "--tokens", "4")
        expect(page.get_by_role("heading", level=2)).to_have_text(["Requests", "Milliseconds", "Distributions"])
        expect(page.get_by_text("No request failed.")).to_be_visible()

    def test_stages_are_shown_with_their_share_of_the_machine(self):
        page = self.report("bench", "stages", "--shape", "nano", "--stage", "encode", "--iterations", "1")
        expect(page.get_by_role("heading", level=1)).to_have_text("Stages of nano")
        expect(page.get_by_role("heading", level=2)).to_have_text(re.compile("^nano in f32, \\d+ workers, "))
        expect(page.get_by_text(re.compile("^Peaks: "))).to_be_visible()
        expect(page.locator("tbody th").first).to_have_text("encode")
