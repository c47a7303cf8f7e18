"""The other views, what all views keep to, and modules alone."""

import re

from playwright.sync_api import expect

from support import PHONE, SENTENCE, PageTest, eventually


class EngineTests(PageTest):
    def test_what_runs_is_seen_and_ended(self):
        request = {"input": [{"type": "text", "text": SENTENCE}], "mode": "image", "image": {"steps": 900}}
        connection = self.daemon.begin(request, "seen-in-the-view")
        self.addCleanup(connection.close)
        page = self.open("engine")
        row = page.locator(".request").filter(has_text="seen-in-the-view")
        expect(row).to_contain_text(re.compile(r"step \d+ of 900"))
        expect(row).to_contain_text("draw")
        row.get_by_role("button", name="End: seen-in-the-view").click()
        expect(row).to_have_count(0)
        eventually(self.daemon.is_idle, "the request goes on", 2)

    def test_batches_memory_and_latencies_are_those_of_the_daemon(self):
        self.daemon.ask({"input": [{"type": "text", "text": "a photo of"}], "mode": "text"})
        page = self.open("engine")
        expect(page.locator(".memory table")).to_have_count(2)
        engine = self.daemon.get("v1/engine")
        expect(page.locator(".memory table").nth(1).locator("tbody tr")).to_have_count(len(engine["pools"]) + 2)
        expect(page.get_by_role("group", name="Latencies").locator("tbody tr").first).to_be_visible()
        self.assertEqual(page.locator(".batches rect").count(), len(engine["steps"]))


class DocsTests(PageTest):
    def test_every_operation_schema_and_example_is_there(self):
        page = self.open("docs")
        contract = self.daemon.get("openapi.json")
        operations = [item[method] for item in contract["paths"].values() for method in item]
        expect(page.locator(".operation")).to_have_count(len(operations))
        for operation in operations:
            expect(page.locator(f"#{operation['operationId']} .summary")).to_have_text(operation["summary"])
        schemas = contract["components"]["schemas"]
        expect(page.locator("#schema-InterleaveRequest tbody tr")).to_have_count(len(schemas["InterleaveRequest"]["properties"]))
        expect(page.locator("#interleave .example")).to_have_count(3)

    def test_links_between_schemas_lead_somewhere(self):
        page = self.open("docs")
        expect(page.locator(".operation").first).to_be_visible()
        dead = page.evaluate(
            """() => [...document.querySelectorAll('a[href^="#"]')].map(link => link.getAttribute("href").slice(1))
                .filter(id => !document.getElementById(id))"""
        )
        self.assertEqual(dead, [])


class EveryViewTests(PageTest):
    def test_nobody_but_the_daemon_is_asked(self):
        for path, last in (("", ".card"), ("engine", ".legend"), ("docs", ".operation")):
            page = self.open(path)
            expect(page.locator(last).first).to_be_visible()
            self.assertEqual(self.hosts, {f"127.0.0.1:{self.daemon.port}"})

    def test_axe_finds_nothing_in_light_and_dark_wide_and_narrow(self):
        for scheme in ("light", "dark"):
            for window in ({}, PHONE):
                where = f"{scheme} {'phone' if window else 'wide'}"
                page = self.open(color_scheme=scheme, reduced_motion="reduce", **window)
                expect(page.locator(".card").first).to_be_visible()
                self.assert_accessible(page, f"{where} welcome")
                self.suggestion(page, "Change").click()
                self.wait(page)
                page.get_by_role("button", name="Another seed").click()
                self.wait(page, 2)
                page.get_by_text("Details", exact=True).first.click()
                page.locator("input[type=file]").first.set_input_files("../../docs/examples/scene.png")
                expect(page.locator(".row.image")).to_have_count(1)
                self.assert_accessible(page, f"{where} answers")
                page.get_by_role("button", name=re.compile("^Settings")).click()
                self.assert_accessible(page, f"{where} settings")
                page.keyboard.press("Escape")
                page.get_by_role("button", name="Repeat as code").first.click()
                self.assert_accessible(page, f"{where} programs")
                page.keyboard.press("Escape")
                if window:
                    page.get_by_role("button", name="Show the conversations").click()
                    self.assert_accessible(page, f"{where} conversations")
                for path in ("engine", *([] if window else ["docs"])):
                    page.goto(self.daemon.address + path)
                    expect(page.locator(".legend" if path == "engine" else ".operation").first).to_be_visible()
                    page.wait_for_timeout(200)
                    self.assert_accessible(page, f"{where} {path}")

    def test_light_and_dark_can_be_chosen_and_are_kept(self):
        page = self.open(color_scheme="light")
        background = lambda: page.evaluate("getComputedStyle(document.body).backgroundColor")
        light = background()
        page.get_by_role("button", name=re.compile("^Colours")).click()
        page.get_by_role("button", name=re.compile("^Colours")).click()
        dark = background()
        self.assertNotEqual(light, dark)
        page.goto(self.daemon.address + "docs")
        self.assertEqual(background(), dark)


class ModuleTests(PageTest):
    def test_events_are_the_same_wherever_the_stream_is_cut(self):
        page = self.open("docs")
        self.assertEqual(
            page.evaluate(
                r"""async () => {
                    const { EventReader } = await import("/page/events.js");
                    const stream = ': hello\n\nevent: a\ndata: {"x":1}\n\ndata: two\r\ndata:  lines\r\n\r\ndata: [DONE]\n\n';
                    const whole = JSON.stringify(new EventReader().push(stream));
                    const different = [];
                    for (let cut = 0; cut <= stream.length; cut += 1) {
                        const reader = new EventReader();
                        const events = [...reader.push(stream.slice(0, cut)), ...reader.push(""), ...reader.push(stream.slice(cut))];
                        if (JSON.stringify(events) !== whole) different.push(cut);
                    }
                    return [JSON.parse(whole), different];
                }"""
            ),
            [
                [{"event": "a", "data": '{"x":1}'}, {"event": "message", "data": "two\n lines"}, {"event": "message", "data": "[DONE]"}],
                [],
            ],
        )

    def test_quantiles_are_those_of_prometheus(self):
        page = self.open("docs")
        found = page.evaluate(
            r"""async () => {
                const { histograms, parseMetrics, quantile } = await import("/page/metrics.js");
                const text = ['# TYPE t histogram', 't_bucket{mode="a",le="0.1"} 2', 't_bucket{mode="a",le="0.5"} 4',
                    't_bucket{mode="a",le="+Inf"} 5', 't_sum{mode="a"} 3', 't_count{mode="a"} 5'].join("\n");
                const [one] = histograms(parseMetrics(text), "t");
                return [one.labels, one.count, one.sum, ...[0.2, 0.4, 0.6, 0.99].map(share => quantile(one, share)), quantile({ count: 0, buckets: [] }, 0.5)];
            }"""
        )
        self.assertEqual(found[:3], [{"mode": "a"}, 5, 3])
        for value, wanted in zip(found[3:7], (0.05, 0.1, 0.3, 0.5)):
            self.assertAlmostEqual(value, wanted)
        self.assertIsNone(found[7])
