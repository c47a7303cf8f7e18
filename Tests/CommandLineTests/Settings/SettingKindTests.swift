import Testing

@testable import CommandLine

@Suite struct SettingKindTests {
    private func reason<Value>(_ kind: SettingKind<Value>, _ text: String) -> String? {
        do throws(InvalidValue) {
            _ = try kind.read(text)
            return nil
        } catch {
            return error.detail
        }
    }

    @Test("Yes and no are written true and false, in no other way")
    func yesOrNo() throws {
        let kind = SettingKind<Bool>.yesOrNo
        #expect(try kind.read("true") && !kind.read("false"))
        for text in ["", "yes", "True", "1"] {
            #expect(reason(kind, text) == "is neither true nor false")
        }
    }

    @Test(
        "Numbers of bytes take units",
        arguments: [("0", 0), ("1024", 1024), ("1KiB", 1024), ("3MiB", 3 << 20), ("2GiB", 2 << 30)]
    )
    func bytes(text: String, count: Int) throws {
        let kind = SettingKind.byteCount(0...1 << 40)
        #expect(try kind.read(text) == count)
        #expect(try kind.read(kind.write(count)) == count)
    }

    @Test(
        "What is no number of bytes is told apart from what is too large",
        arguments: [
            ("", "is not a number of bytes, such as 512KiB"),
            ("KiB", "is not a number of bytes, such as 512KiB"),
            ("-1", "is not a number of bytes, such as 512KiB"),
            ("1.5MiB", "is not a number of bytes, such as 512KiB"),
            ("1kB", "is not a number of bytes, such as 512KiB"),
            ("2MiB", "is not between 0 and 1MiB"),
            ("99999999999999999999GiB", "is not between 0 and 1MiB"),
        ]
    )
    func badBytes(text: String, detail: String) {
        #expect(reason(.byteCount(0...1 << 20), text) == detail)
    }

    @Test(
        "Times take units",
        arguments: [
            ("250ms", Duration.milliseconds(250), "250ms"), ("30", .seconds(30), "30s"),
            ("1.5s", .milliseconds(1500), "1500ms"), ("90s", .seconds(90), "90s"),
            ("120s", .seconds(120), "2m"), ("1h", .seconds(3600), "1h"), ("0", .zero, "0s"),
        ]
    )
    func times(text: String, time: Duration, written: String) throws {
        let kind = SettingKind.duration(.zero...(.seconds(86_400)))
        #expect(try kind.read(text) == time)
        #expect(kind.write(time) == written)
        #expect(try kind.read(written) == time)
    }

    @Test("What is no time is refused", arguments: ["", "s", "-1s", "nan", "inf", "1d", "1e300s"])
    func badTimes(text: String) {
        let kind = SettingKind.duration(.zero...(.seconds(60)))
        #expect(reason(kind, text) == "is not a length of time, such as 30s or 250ms")
    }

    @Test("Whole numbers are told apart from others, and from those beyond every range")
    func integers() {
        let kind = SettingKind<UInt16>.integer(0...65_535)
        #expect(reason(kind, "65535") == nil)
        #expect(reason(kind, "65536") == "is not between 0 and 65535")
        #expect(reason(kind, "99999999999999999999") == "is not between 0 and 65535")
        for text in ["", "1.0", "0x1", " 1", "one"] {
            #expect(reason(kind, text) == "is not a whole number")
        }
    }

    @Test("Origins are scheme, host and port, an asterisk, or none")
    func origins() throws {
        let kind = SettingKind<[String]>.origins
        for origins in [[], ["*"], ["https://a.example", "http://localhost:3000"]] {
            #expect(try kind.read(kind.write(origins)) == origins)
        }
        let more = ["https://[::1]:8443", "chrome-extension://abc", "http://a:443"]
        #expect(try kind.read(more.joined(separator: ", ")) == more)
        for text in [
            "", "a.example", "https://", "https://a.example/", "https://a,b", "none,*",
            "https://*.a", "https://a:99999", "https://a:0", "https://a:", "https://a b",
            "https://a\r\nb", "1://a", "https://ü.example", "https://u@a", "https://a%2e",
        ] {
            #expect(reason(kind, text)?.hasPrefix("has no origin in \"") == true, "\(text)")
        }
    }

    @Test("An origin that no browser writes so is told as browsers write it")
    func writesOrigins() {
        let kind = SettingKind<[String]>.origins
        for (text, written) in [
            ("https://A.example", "https://a.example"), ("https://a:443", "https://a"),
            ("http://a:80", "http://a"), ("HTTP://a:08080", "http://a:8080"),
        ] {
            #expect(reason(kind, text) == "has \"\(text)\", which browsers write \(written)")
        }
    }

    @Test("What is not to be seen in a value is named")
    func namesInvisible() {
        let kind = SettingKind<[String]>.origins
        #expect(reason(kind, "a\r\n\u{202E}")?.contains("\"a\\u{D}\\u{A}\\u{202E}\"") == true)
    }
}
