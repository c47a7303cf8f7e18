import Images
import Testing

@Suite("A sheet of requests and answers")
struct TranscriptSheetTests {
    private func picture(_ width: Int, _ height: Int, _ value: UInt8) -> RGBImage {
        RGBImage(
            width: width,
            height: height,
            pixels: [UInt8](repeating: value, count: width * height * 3)
        )
    }

    private func pixel(_ image: RGBImage, _ x: Int, _ y: Int) -> [UInt8] {
        Array(image.pixels[((y * image.width + x) * 3)..<((y * image.width + x) * 3 + 3)])
    }

    @Test(
        "Shows small pictures enlarged by whole factors, with a bar that tells given from answered"
    )
    func enlarges() {
        let sheet = TranscriptSheet([
            [
                .init(.picture(picture(60, 60, 10)), isAnswer: false),
                .init(.picture(picture(64, 64, 20)), isAnswer: true),
            ]
        ]).image
        #expect(sheet.width == 12 + 120 + 12 + 128 + 12)
        #expect(sheet.height == 12 + 128 + 4 + 24)
        #expect(pixel(sheet, 12, 12) == [10, 10, 10])
        #expect(pixel(sheet, 131, 131) == [10, 10, 10])
        #expect(pixel(sheet, 132, 12) == [255, 255, 255])
        #expect(pixel(sheet, 144, 139) == [20, 20, 20])
        #expect(pixel(sheet, 12, 144) == [0x99, 0x99, 0x99])
        #expect(pixel(sheet, 144, 144) == [0x1f, 0x5f, 0xb4])
    }

    @Test("Shrinks large pictures to the side of a cell, in proportion", arguments: [1, 3])
    func shrinks(factor: Int) {
        let sheet = TranscriptSheet([
            [.init(.picture(picture(400 * factor, 100 * factor, 10)), isAnswer: true)]
        ]).image
        #expect(sheet.width == 12 + 128 + 12)
        #expect(sheet.height == 12 + 32 + 4 + 24)
    }

    @Test("Breaks words into lines, and is as high as the longest text needs")
    func wraps() {
        let words = Canvas.lines(of: "one two\nthree \u{e9}tage", width: 12 * 12)
        #expect(words == ["one two", "three ?tage"])
        #expect(Canvas.lines(of: "abcdefgh", width: 36) == ["abc", "def", "gh"])
        let sheet = TranscriptSheet([
            [.init(.text(String(repeating: "word ", count: 60)), isAnswer: true)],
            [.init(.text("word"), isAnswer: false)],
        ]).image
        let lines = Canvas.lines(of: String(repeating: "word ", count: 60), width: 204).count
        #expect(sheet.height == 12 + 18 * lines + 28 + 18 + 28)
        #expect(
            TranscriptSheet([[.init(.text("word"), isAnswer: true)]]).image.width == 12 + 48 + 12
        )
    }

    @Test("Of nothing is a blank picture")
    func blank() {
        #expect(TranscriptSheet([]).image.width == 12)
        #expect(TranscriptSheet([[]]).image.height == 12 + 28)
    }
}
