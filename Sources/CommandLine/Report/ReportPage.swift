import Images
import JSON
import ServiceAPI

/// A report as one HTML page that needs nothing else, in the style of the page in the browser.
struct ReportPage {
    private let title: String
    private var content = ""

    /// Begins a page.
    ///
    /// - Parameters:
    ///   - title: Its name and heading.
    ///   - notes: What is said below it, a paragraph each.
    init(_ title: String, notes: [String] = []) {
        self.title = title
        content = notes.map { "<p>\($0.escapedForHTML)</p>\n" }.joined()
    }

    /// Adds a table.
    mutating func add(_ table: ReportTable) {
        content += table.html
    }

    /// Adds a heading with what stands below it.
    ///
    /// - Parameters:
    ///   - title: The heading.
    ///   - html: Markup, in which texts are escaped.
    mutating func addSection(_ title: String, html: String) {
        content += "<section>\n<h2>\(title.escapedForHTML)</h2>\n\(html)</section>\n"
    }

    /// The page as UTF-8.
    var bytes: [UInt8] {
        let title = title.escapedForHTML
        let html = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
            <title>\(title)</title>
            <style>
            \(PageStyle.report)
            </style>
            </head>
            <body>
            <main class="reading">
            <h1>\(title)</h1>
            \(content)</main>
            </body>
            </html>

            """
        return Array(html.utf8)
    }

    // MARK: - Markup

    /// A picture with what is said about it; small ones are shown larger.
    ///
    /// - Parameters:
    ///   - image: The picture.
    ///   - description: For those who do not see it.
    ///   - caption: Below it; nothing if nil.
    /// - Returns: Markup.
    /// - Throws: `ImageError` if the picture cannot be encoded.
    static func figure(
        _ image: RGBImage,
        _ description: String,
        caption: String? = nil
    ) throws(ImageError) -> String {
        figure(
            try ImageFileEncoder.encodePNG(image),
            mediaType: "image/png",
            size: (image.width, image.height),
            description,
            caption: caption
        )
    }

    /// The same for a picture that is a file already; its size may be left to the browser to find.
    static func figure(
        _ file: [UInt8],
        mediaType: String,
        size: (width: Int, height: Int)? = nil,
        _ description: String,
        caption: String? = nil
    ) -> String {
        var source: [UInt8] = []
        Base64.encode(file, to: &source)
        let size = size.map { " width=\"\($0.width)\" height=\"\($0.height)\"" } ?? ""
        let caption = caption.map { "<figcaption>\($0.escapedForHTML)</figcaption>" } ?? ""
        return """
            <figure><img\(size) alt="\(description.escapedForHTML)" \
            src="data:\(mediaType);base64,\(String(decoding: source, as: UTF8.self))">\(caption)</figure>

            """
    }
}

extension String {
    /// The text as it stands in HTML, between tags and in quoted attributes.
    var escapedForHTML: String {
        var escaped = ""
        for character in unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
