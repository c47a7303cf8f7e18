import Engine
import Images
import ServiceAPI

/// A request and its answer as one HTML page.
struct AnswerPage {
    let model: String
    let input: [InputPart]
    let seed: UInt64
    let segments: [EncodedSegment]
    let completion: Completion

    /// The page as UTF-8.
    var bytes: [UInt8] {
        var page = ReportPage("Answered by \(model)", notes: ["Seed \(seed)."])
        page.addSection("Asked", html: input.map(asked).joined())
        page.addSection("Answered", html: segments.map(answered).joined())
        page.add(times)
        return page.bytes
    }

    private func asked(_ part: InputPart) -> String {
        switch part {
        case .text(let text): return "<p class=\"words given\">\(text.escapedForHTML)</p>\n"
        case .image(let file):
            let format = ImageFormat(sniffing: file.span) ?? .png
            return ReportPage.figure(file, mediaType: format.mediaType, "A picture that was given")
        }
    }

    private func answered(_ segment: EncodedSegment) -> String {
        switch segment {
        case .text(let text):
            return text.choices.map { "<p class=\"words\">\($0.text.escapedForHTML)</p>\n" }
                .joined()
        case .images(_, let pictures):
            let figures = pictures.map { picture in
                ReportPage.figure(
                    picture.bytes,
                    mediaType: picture.format.mediaType,
                    size: (picture.width, picture.height),
                    "A picture drawn by \(model)",
                    caption: pictures.count > 1 ? "Seed \(picture.seed)" : nil
                )
            }
            return "<div class=\"pictures\">\n\(figures.joined())</div>\n"
        }
    }

    private var times: ReportTable {
        let timings = completion.timings
        let rows: [(String, Duration)] = [
            ("reading files", timings.decoded), ("seeing pictures", timings.encoded),
            ("reading the sequence", timings.prefilled), ("writing", timings.generated),
            ("drawing", timings.denoised), ("making pixels", timings.rendered),
            ("in all", timings.total),
        ]
        return ReportTable(
            title: "Where the time went",
            columns: ["", "ms"],
            rows: rows.map { [$0, String(Int(($1 / .milliseconds(1)).rounded()))] },
            numberColumns: [1]
        )
    }
}
