"""Putting a sequence together: words, pictures, order, what comes back."""

import base64
import pathlib
import re

from playwright.sync_api import expect

from support import CAPTION, PHONE, SENTENCE, PageTest, eventually

SCENE = pathlib.Path(__file__).parents[2] / "docs/examples/scene.png"


class ComposingTests(PageTest):
    def test_every_suggestion_is_answered_as_it_promises(self):
        page = self.open()
        for title, expected in [
            ("Describe", [CAPTION]), ("Ask", ["yellow"]), ("Find", [re.compile(r"^\(\d{3},\d{3}\)\(\d{3},\d{3}\)</box>$")]),
            ("Draw", ["picture"]), ("Change", ["picture"]), ("Tell a story", ["picture", re.compile("^now the "), "picture", re.compile("^now the "), "picture"]),
        ]:
            with self.subTest(title):
                self.suggestion(page, title).click()
                self.wait(page)
                answer = self.turns(page)[-1][1]
                self.assertEqual(len(answer), len(expected), answer)
                for found, wanted in zip(answer, expected):
                    (self.assertRegex if isinstance(wanted, re.Pattern) else self.assertEqual)(found, wanted)
                page.get_by_role("button", name="New", exact=True).click()

    def test_words_are_answered_with_words_pictures_or_both(self):
        page = self.open()
        self.ask(page, SENTENCE, "Picture")
        self.ask(page, "now the square is green", "Picture", 2)
        self.ask(page, "what colour is the square?", "Words", 3)
        self.assertEqual(self.turns(page)[-1][1], ["green"])

    def test_the_keyboard_alone_is_enough(self):
        page = self.open()
        expect(page.locator(".draft textarea")).to_be_focused()
        page.keyboard.type("a photo of")
        page.keyboard.press("Shift+Enter")
        page.keyboard.press("Backspace")
        page.locator(".composer input[name=mode]:checked").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        page.locator(".draft textarea").focus()
        page.keyboard.press("Enter")
        self.wait(page)
        self.assertEqual(self.turns(page)[0], ["you", ["a photo of"]])

    def test_pictures_come_from_files_the_clipboard_and_by_dropping(self):
        page = self.open()
        data = base64.b64encode(SCENE.read_bytes()).decode()
        expect(page.locator(".state")).to_have_attribute("data-status", "ready")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Add a picture", exact=True).click()
        chooser.value.set_files(SCENE)
        expect(page.locator(".row.image")).to_have_count(1)
        for count, (kind, target) in enumerate([("paste", ".draft textarea"), ("drop", "main")], 2):
            page.evaluate(
                """([kind, target, data]) => {
                    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
                    const transfer = new DataTransfer();
                    transfer.items.add(new File([bytes], `${kind}.png`, { type: "image/png" }));
                    const options = { bubbles: true, cancelable: true };
                    const event = kind === "paste" ? new ClipboardEvent(kind, { ...options, clipboardData: transfer })
                        : new DragEvent(kind, { ...options, dataTransfer: transfer });
                    document.querySelector(target).dispatchEvent(event);
                }""",
                [kind, target, data],
            )
            expect(page.locator(".row.image")).to_have_count(count)
        self.assertEqual(page.locator(".row.image figcaption").all_text_contents(), ["scene.png", "paste.png", "drop.png"])

    def test_parts_are_put_in_order_and_taken_out(self):
        page = self.open()
        self.write(page, "a photo of")
        page.locator("input[type=file]").first.set_input_files(SCENE)
        rows = page.locator(".draft .row")
        expect(rows).to_have_count(3)
        kinds = lambda: [value.split()[1] for value in rows.evaluate_all("rows => rows.map(row => row.className)")]
        self.assertEqual(kinds(), ["text", "image", "text"])
        rows.nth(1).get_by_role("button", name=re.compile("^Move up")).click()
        expect(rows.nth(0)).to_have_class(re.compile("image"))
        self.assertEqual(kinds(), ["image", "text"], "the empty field at the end is needed no more")
        self.send(page)
        self.wait(page)
        self.assertEqual(self.turns(page), [["you", ["picture", "a photo of"]], ["model", [CAPTION]]])
        page.locator("input[type=file]").first.set_input_files([SCENE, SCENE])
        expect(page.locator(".row.image")).to_have_count(2)
        page.locator(".row.image").first.get_by_role("button", name=re.compile("^Remove")).click()
        expect(page.locator(".row.image")).to_have_count(1)

    def test_what_is_no_picture_is_refused_with_advice(self):
        page = self.open()
        page.locator("input[type=file]").first.set_input_files({"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture"})
        expect(page.locator(".problem")).to_contain_text("notes.png is no picture that the browser can read. JPEG, PNG and WebP")
        page.locator("input[type=file]").first.set_input_files(SCENE)
        expect(page.locator(".problem")).to_be_empty()

    def test_a_photograph_from_a_phone_is_answered(self):
        page = self.open(**{**PHONE})
        photograph = page.evaluate(
            """() => {
                const canvas = Object.assign(document.createElement("canvas"), { width: 4000, height: 3000 });
                const context = canvas.getContext("2d");
                for (let y = 0; y < 3000; y += 50) for (let x = 0; x < 4000; x += 50) {
                    context.fillStyle = `rgb(${x % 256} ${y % 256} ${(x * y) % 256})`;
                    context.fillRect(x, y, 50, 50);
                }
                return canvas.toDataURL("image/jpeg", 0.95).split(",")[1];
            }"""
        )
        buffer = base64.b64decode(photograph)
        expect(page.get_by_role("button", name="Take a photograph")).to_be_visible()
        page.locator("input[capture]").set_input_files({"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": buffer})
        expect(page.locator(".row.image figcaption")).to_contain_text("4000 × 3000")
        self.write(page, "a photo of")
        self.send(page)
        self.wait(page)
        self.assertEqual([who for who, _ in self.turns(page)], ["you", "model"])
        self.assertTrue(self.turns(page)[1][1][0])
        self.assertEqual(page.evaluate("document.documentElement.scrollWidth"), 390, "nothing is wider than the phone")

    def test_everything_to_press_is_within_a_small_phone(self):
        for width in (390, 320):
            page = self.open(**{**PHONE, "viewport": {"width": width, "height": 700}})
            expect(page.locator(".wording")).to_be_visible()
            outside = page.evaluate(
                """() => [...document.querySelectorAll("header a, header button, .composer button, .composer select, .composer label")]
                    .filter(one => one.checkVisibility() && (one.getBoundingClientRect().left < 0 || one.getBoundingClientRect().right > innerWidth))
                    .map(one => one.outerHTML)"""
            )
            self.assertEqual(outside, [], f"at {width} pixels")

    def test_parameters_have_the_ranges_that_the_model_tells(self):
        page = self.open()
        self.mode(page, "Picture")
        page.get_by_role("button", name=re.compile("^Settings")).click()
        steps = page.get_by_label("Steps", exact=True)
        ranges = self.daemon.get("v1/models")["data"][0]["ranges"]
        largest = ranges["image"]["steps"]["maximum"]
        self.assertEqual(steps.get_attribute("placeholder"), "20")
        steps.fill(str(largest + 1))
        expect(page.locator("#setting-image-steps-hint")).to_have_text(f"This must be a whole number from 1 to {largest}.")
        steps.fill("3")
        page.get_by_label("Scheduler", exact=True).select_option("euler")
        page.get_by_label("Seed", exact=True).fill("7")
        page.locator("dialog.panel").get_by_role("button", name="Close").click()
        expect(page.get_by_role("button", name="Settings, 3 changed")).to_be_visible()
        self.ask(page, SENTENCE, "Picture")
        page.get_by_text("Details", exact=True).click()
        facts = page.locator(".facts dl").inner_text()
        self.assertRegex(facts, r"Seed\s+7\s")
        self.assertRegex(facts, r"Denoising steps\s+3\s")

    def test_settings_open_once_it_is_known_what_there_is_to_set(self):
        page = self.open("docs")
        held = []
        page.route("**/v1/models", lambda route: held.append(route))
        page.goto(self.daemon.address)
        settings = page.get_by_role("button", name=re.compile("^Settings"))
        eventually(lambda: page.wait_for_timeout(20) or held, "the page asks for the model")
        expect(settings).to_be_disabled()
        held[0].continue_()
        settings.click()
        expect(page.locator("dialog.panel")).to_be_visible()

    def test_sentences_that_were_tried_come_before_a_models_own_templates(self):
        template = {
            "name": "poem", "purpose": "Writes a poem.", "inputs": ["text"], "answer": {"mode": "text"}, "examples": ["of the sea"],
            "wording": [{"input": "text"}],
        }
        page = self.open("docs")
        for name, expected in [("nano", ["Draw", "Describe", "Ask", "Change", "Find", "Tell a story"]), ("another", ["Poem"])]:
            with self.subTest(name):
                models = self.daemon.get("v1/models")
                models["data"][0].update(id=name, templates=[template])
                page.unroute_all()
                page.route("**/v1/models", lambda route: route.fulfill(json=models))
                page.goto(self.daemon.address)
                expect(page.locator(".card-title")).to_have_text(expected)

    def test_templates_of_the_model_put_words_around_what_one_writes(self):
        template = {
            "name": "question", "purpose": "Answers a question about a picture in a word.", "inputs": ["image", "text"],
            "answer": {"mode": "text", "max_tokens": 9}, "examples": ["What color is the star?"],
            "wording": [
                {"text": "Based on the image, please answer the question. "}, {"input": "image"}, {"input": "text", "ending": "?"},
                {"text": " Please provide an accurate answer within one word. The answer is:"},
            ],
        }

        def with_templates(route):
            models = self.daemon.get("v1/models")
            # Of nano, sentences to begin with are known already; of others the templates tell.
            models["data"][0].update(id="another", templates=[template])
            route.fulfill(json=models)

        page = self.open("docs")
        page.route("**/v1/models", with_templates)
        page.goto(self.daemon.address)
        card = page.locator(".card")
        expect(card).to_have_text("QuestionWhat color is the star?")
        card.click()
        self.wait(page)
        self.assertEqual(self.turns(page)[-1][1], ["yellow"])
        page.get_by_role("button", name="New", exact=True).click()
        page.locator("input[type=file]").first.set_input_files(SCENE)
        self.write(page, "What color is the square")
        page.get_by_label("Wording").select_option("question")
        self.send(page)
        self.wait(page)
        self.assertEqual(self.turns(page)[-1][1], ["blue"])
        self.assertEqual(
            self.turns(page)[0][1],
            ["Based on the image, please answer the question. ", "picture",
             "What color is the square? Please provide an accurate answer within one word. The answer is:"],
        )

    def test_what_could_come_next_is_what_nano_does(self):
        page = self.open("docs")

        def answer(mode, *parts):
            part = lambda one: {"type": "image", "image": one} if one.startswith("data:") else {"type": "text", "text": one}
            segment = self.daemon.ask({"input": [part(one) for one in parts], "mode": mode, "seed": 1})["segments"][0]
            return segment[segment["type"]]

        for scene, captions in [
            (SENTENCE, ["a small green square at the center", "a small red square at the bottom right", "a small red circle at the center"]),
            ("a large yellow star at the top left on a light background",
             ["a large green star at the top left", "a large yellow star at the bottom right", "a large yellow circle at the top left"]),
        ]:
            ideas = page.evaluate("async (scene) => (await import('/page/known.js')).known.nano.next([scene]).map(({ words }) => words)", scene)
            picture = answer("image", scene)
            found = [answer("text", answer("image", scene, picture, words), "a photo of") for words in ideas if words]
            self.assertEqual([caption.split(" on a ")[0] for caption in found], captions)
