"""Answers while they come, when they are stopped or cut off, and what can be done with them afterwards."""

import base64
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from playwright.sync_api import expect

from daemon import Daemon
from support import EXPECTED_WHEN_AWAY, PHONE, SENTENCE, PageTest, eventually


class ComingTests(PageTest):
    tolerated = EXPECTED_WHEN_AWAY

    def test_words_steps_and_previews_are_seen_before_the_picture(self):
        page = self.open()
        page.evaluate(
            """() => {
                window.seen = [];
                new MutationObserver(() => {
                    const words = [...document.querySelectorAll(".model .words")].at(-1)?.textContent;
                    const step = document.querySelector(".drawing figcaption span")?.textContent;
                    const preview = document.querySelector(".canvas img")?.src;
                    for (const one of [words && `words ${words}`, step, preview && `preview ${preview.length}`])
                        if (one && !window.seen.includes(one)) window.seen.push(one);
                }).observe(document.querySelector(".sequence"), { subtree: true, childList: true, characterData: true, attributes: true });
            }"""
        )
        self.suggestion(page, "Tell a story").click()
        self.wait(page)
        seen = page.evaluate("window.seen")
        self.assertGreater(len([one for one in seen if one.startswith("words ")]), 4, seen)
        self.assertGreater(len([one for one in seen if one.startswith("Step ")]), 10, seen)
        self.assertGreater(len([one for one in seen if one.startswith("preview ")]), 2, seen)

    def test_stop_ends_an_answer_at_once_here_and_in_the_engine(self):
        page = self.open()
        self.mode(page, "Picture")
        self.setting(page, "Steps", "900")
        self.write(page, SENTENCE)
        self.send(page)
        expect(page.locator(".drawing figcaption")).to_contain_text(re.compile(r"Step \d+ of 900"))
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.get_by_text("You stopped this answer.")).to_be_visible(timeout=1000)
        eventually(self.daemon.is_idle, "the engine goes on", 2)
        page.locator(".draft textarea").last.focus()
        page.get_by_role("button", name="Ask again").click()
        expect(page.locator(".drawing figcaption")).to_contain_text("of 900")
        page.keyboard.press("Escape")
        expect(page.get_by_text("You stopped this answer.")).to_be_visible(timeout=1000)
        eventually(self.daemon.is_idle, "the engine goes on", 2)

    def test_a_reload_in_the_middle_loses_nothing_that_was_said(self):
        page = self.open()
        self.suggestion(page, "Tell a story").click()
        expect(page.locator(".model .words").first).to_contain_text("now the")
        page.wait_for_timeout(100)
        page.reload()
        expect(page.get_by_text("This answer was cut off when the page was closed.")).to_be_visible()
        self.assertEqual(self.turns(page)[0], ["you", ["a large yellow star at the top left on a light background"]])
        page.get_by_role("button", name="Ask again").click()
        self.wait(page)
        before = self.turns(page)
        page.reload()
        self.wait(page)
        self.assertEqual(self.turns(page), before)

    def test_a_daemon_that_restarts_is_told_of_and_asked_again(self):
        daemon = Daemon()
        self.addCleanup(daemon.stop)
        page = self.open(address=daemon.address)
        self.mode(page, "Picture")
        self.setting(page, "Steps", "90")
        self.write(page, SENTENCE)
        self.send(page)
        expect(page.locator(".drawing figcaption")).to_contain_text("of 90")
        daemon.kill()
        expect(page.get_by_text("The connection broke before the answer was complete.")).to_be_visible()
        expect(page.locator("main .trouble")).to_contain_text("The server cannot be reached.")
        daemon.start()
        expect(page.locator("main .trouble")).to_be_hidden()
        expect(page.locator(".state")).to_have_attribute("data-status", "ready")
        page.get_by_role("button", name="Ask again").click()
        self.wait(page)
        self.assertEqual(self.turns(page)[-1], ["model", ["picture"]])

    def test_the_place_in_the_queue_is_told(self):
        daemon = Daemon("--max-running", "1")
        self.addCleanup(daemon.stop)
        request = {"input": [{"type": "text", "text": SENTENCE}], "mode": "image", "image": {"steps": 900}}
        connections = [daemon.begin(request, f"other-{index}") for index in range(2)]
        eventually(lambda: daemon.get("v1/engine")["waiting_count"] == 1, "the second waits")
        page = self.open(address=daemon.address)
        self.ask_without_waiting(page)
        expect(page.locator(".waiting")).to_have_text("Number 2 of 2 in the queue")
        for connection in connections:
            connection.close()
        self.wait(page)

    def ask_without_waiting(self, page):
        self.mode(page, "Words")
        self.write(page, "a photo of")
        self.send(page)

    def test_a_refusal_says_what_can_be_done(self):
        page = self.open()
        self.write(page, "word " * 2000)
        self.send(page)
        expect(page.locator(".notice.wrong")).to_contain_text("Continue from an earlier point")
        page.get_by_role("button", name="Edit", exact=True).first.click()
        self.write(page, "a photo of")
        self.send(page)
        self.wait(page)


class AfterwardsTests(PageTest):
    def test_an_earlier_part_is_edited_as_a_branch_and_both_stay(self):
        page = self.open()
        self.ask(page, SENTENCE, "Picture")
        self.ask(page, "now the square is green", "Picture", 2)
        page.locator(".turn.you").first.hover()
        page.locator(".turn.you").first.get_by_role("button", name="Edit", exact=True).click()
        expect(page.locator(".editing")).to_be_visible()
        self.write(page, "a large blue circle at the top on a light background")
        self.send(page)
        self.wait(page)
        self.assertEqual(self.turns(page)[0][1], ["a large blue circle at the top on a light background"])
        page.get_by_role("button", name="Earlier branch").click()
        self.assertEqual([parts for _, parts in self.turns(page)], [[SENTENCE], ["picture"], ["now the square is green"], ["picture"]])
        page.wait_for_timeout(300)  # What one looked at last is kept in a moment.
        page.reload()
        self.wait(page, 2)
        expect(page.locator(".branches")).to_have_text("1/2")

    def test_a_story_goes_on_from_any_of_its_parts(self):
        page = self.open()
        self.suggestion(page, "Tell a story").click()
        self.wait(page)
        part = page.locator(".turn.model .part").nth(2)
        part.hover()
        part.get_by_role("button", name="Continue from here").click()
        self.assertEqual(len(self.turns(page)[1][1]), 3, "the rest is not part of the sequence any more")
        self.ask(page, "now the star moves to the bottom right", "Picture", 2)
        self.assertEqual([len(parts) for _, parts in self.turns(page)], [1, 3, 1, 1])
        page.get_by_role("button", name="Take the whole answer").click()
        self.assertEqual([len(parts) for _, parts in self.turns(page)], [1, 5])

    def test_details_of_answers_side_by_side_use_their_columns_on_a_phone(self):
        page = self.open(**PHONE)
        self.ask(page, SENTENCE, "Picture")
        page.get_by_role("button", name="Another seed").click()
        self.wait(page, 2)
        page.get_by_text("Details", exact=True).last.click()
        column = page.locator(".facts[open]")
        digest = column.locator("dd").filter(has_text=re.compile("^[0-9a-f]{64}$")).first
        self.assertGreater(digest.bounding_box()["width"], 0.9 * column.bounding_box()["width"])

    def test_two_seeds_are_compared_side_by_side(self):
        page = self.open()
        self.ask(page, SENTENCE, "Picture")
        page.get_by_role("button", name="Another seed").click()
        self.wait(page, 2)
        boxes = [page.locator(".compared").nth(index).bounding_box() for index in range(2)]
        self.assertEqual(boxes[0]["y"], boxes[1]["y"])
        self.assertLess(boxes[0]["x"] + boxes[0]["width"], boxes[1]["x"])
        seeds = page.locator(".pick .seed").all_text_contents()
        self.assertEqual(len(set(seeds)), 2)
        page.get_by_role("button", name="Go on with this one").click()
        expect(page.locator(".compared").first).to_have_class(re.compile("chosen"))

    def test_fifty_segments_are_shown_kept_and_continued(self):
        page = self.open()
        scene = base64.b64encode((pathlib.Path(__file__).parents[2] / "docs/examples/scene.png").read_bytes()).decode()
        page.evaluate(
            """async (scene) => {
                const storage = await import("/page/storage.js");
                const parts = Array.from({ length: 50 }, (_, index) => index % 3 ? { type: "text", text: `now the star is ${index % 2 ? "green" : "blue"}` }
                    : { type: "image", image: `data:image/png;base64,${scene}`, width: 64, height: 64 });
                const turns = parts.map((part, index) => ({ id: `turn-${index}`, conversation: "long", created: index, by: index % 2 ? "model" : "you",
                    parent: index ? { turn: `turn-${index - 1}`, count: 1 } : null, parts: [part],
                    ...(index % 2 ? { run: { status: "done", request: { mode: "text", seed: 1 } } } : {}) }));
                for (const turn of turns) await storage.saveTurn(turn);
                await storage.saveConversation({ id: "long", title: "long", created: 0, updated: Date.now(), point: { turn: "turn-49", count: 1 } });
            }""",
            scene,
        )
        page.goto(self.daemon.address + "#long")
        page.reload()
        expect(page.locator(".part")).to_have_count(50)
        began = page.evaluate("performance.now()")
        self.ask(page, "now the star is red", "Picture", 26)
        self.assertLess(page.evaluate("performance.now()") - began, 5000)
        expect(page.locator(".part")).to_have_count(52)

    def test_conversations_are_kept_and_deleted(self):
        page = self.open()
        self.ask(page, "a photo of", "Words")
        page.get_by_role("button", name="New", exact=True).click()
        self.ask(page, "now the star", "Words")
        page.reload()
        names = page.locator(".sidebar .conversation .name")
        expect(names).to_have_text(["now the star", "a photo of"])
        names.nth(1).click()
        self.wait(page)
        self.assertEqual(self.turns(page)[0], ["you", ["a photo of"]])
        page.on("dialog", lambda dialog: dialog.accept())
        page.locator(".conversations li").nth(1).hover()
        page.get_by_role("button", name="Delete: a photo of").click()
        expect(names).to_have_text(["now the star"])
        page.reload()
        expect(names).to_have_text(["now the star"])


class ExportTests(PageTest):
    def story(self):
        page = self.open()
        self.suggestion(page, "Tell a story").click()
        self.wait(page)
        self.ask(page, 'it\'s "now" \\ the ''' + "'''" + " star: \u2028é", "Picture", 2)
        return page

    def programs(self, page, answer):
        page.get_by_role("button", name="Repeat as code").nth(answer).click()
        folder = pathlib.Path(tempfile.mkdtemp())
        files = []
        for kind in ("curl", "Python", "JavaScript"):
            page.locator("dialog.exports").get_by_role("radio", name=kind, exact=True).check()
            with page.expect_download() as download:
                page.get_by_role("button", name="Save as a file").click()
            files.append(folder / download.value.suggested_filename)
            download.value.save_as(files[-1])
        page.locator("dialog.exports").get_by_role("button", name="Close").click()
        return folder, files

    def shown(self, page, turn):
        """The answer as the page has it: words, and digests of pictures' bytes."""
        pictures = page.locator(".turn").nth(turn).locator("img").evaluate_all("images => images.map(image => image.src)")
        digests = iter(hashlib.sha256(base64.b64decode(source.split(",")[1])).hexdigest() for source in pictures)
        return [next(digests) if part == "picture" else part for part in self.turns(page)[turn][1]]

    def test_programs_repeat_an_answer_byte_for_byte(self):
        page = self.story()
        for answer, turn in ((0, 1), (1, 3)):
            folder, (curl, python, script) = self.programs(page, answer)
            expected = self.shown(page, turn)
            subprocess.run(["bash", curl], cwd=folder, check=True, timeout=60)
            segments = json.loads((folder / "answer.json").read_text())["segments"]
            found = [
                one["text"] if one["type"] == "text" else hashlib.sha256(base64.b64decode(one["image"].split(",")[1])).hexdigest()
                for one in segments
            ]
            self.assertEqual(found, expected)
            for command in ([sys.executable, python], *([["node", script]] if node() else [])):
                run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertTrue(run.stdout.endswith("the same answer, byte for byte\n"), run.stdout)

    def test_a_program_says_where_an_answer_differs(self):
        page = self.open()
        self.ask(page, SENTENCE, "Picture")
        folder, (_, python, script) = self.programs(page, 0)
        for command, file in ((sys.executable, python), *((("node", script),) if node() else ())):
            file.write_text(re.sub(r'"seed": \d+', '"seed": 1', file.read_text(), count=1))
            run = subprocess.run([command, file], cwd=folder, capture_output=True, text=True, timeout=60)
            self.assertEqual(run.returncode, 1)
            self.assertIn("this is not the same answer", run.stdout + run.stderr)

    def test_a_conversation_becomes_one_page_and_one_document(self):
        page = self.story()
        with page.expect_download() as download:
            page.get_by_role("button", name="HTML", exact=True).click()
        text = pathlib.Path(download.value.path()).read_text()
        self.assertEqual(text.count("<img "), 4)
        self.assertNotRegex(text, r"https?://")
        with page.expect_download() as download:
            page.get_by_role("button", name="JSON", exact=True).click()
        document = json.loads(pathlib.Path(download.value.path()).read_text())
        self.assertEqual(document["format"], "interleaved.conversation")
        self.assertEqual([turn["by"] for turn in document["turns"]], ["you", "model", "you", "model"])


def node():
    """Whether there is a JavaScript engine beside the browser's."""
    return subprocess.run(["which", "node"], capture_output=True).returncode == 0
