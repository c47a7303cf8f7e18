import Files
import Images

/// Picture files to the model's input.
struct PreprocessParity {
    let report: Report

    func run(_ fixture: Fixture) throws {
        let settings: [String: Any] = try fixture.value("transform")
        let transform = ImageTransform(resolution: try member(settings, "resolution"))
        let images: [String: Any] = try fixture.value("images")
        for (name, description) in images.sorted(by: { $0.key < $1.key }) {
            guard let description = description as? [String: Any] else { continue }
            let file: String = try member(description, "file")
            let path = "\(fixture.directory)/images/\(file)"
            let bytes = try File.read(path, maximumByteCount: Subject.maximumFileByteCount)
            let decoded = try ImageFileDecoder.decode(bytes)
            var source = decoded
            if fixture.has("\(name).decoded_rgb") {
                let recorded = try fixture.tensor("\(name).decoded_rgb")
                // Decoders of lossy files may round differently.
                report.compare(
                    "\(name).decoded_rgb",
                    decoded.pixels.map(Float.init),
                    recorded.values,
                    tolerance: 2
                )
                source = RGBImage(
                    width: recorded.shape[1],
                    height: recorded.shape[0],
                    pixels: recorded.values.map { UInt8($0) }
                )
            }
            if fixture.has("\(name).rgb") {
                let recorded = try fixture.tensor("\(name).rgb")
                report.compare(
                    "\(name).rgb",
                    everyPixel(of: decoded, into: recorded.shape),
                    recorded.values,
                    tolerance: 0
                )
            }
            let pixels = transform.apply(to: source).pixels
            report.compare(
                "\(name).u8_chw",
                pixels.map(Float.init),
                try fixture.tensor("\(name).u8_chw").channelsLast,
                tolerance: 0
            )
            if fixture.has("\(name).f32_chw") {
                report.compare(
                    "\(name).f32_chw",
                    pixels.map { Float($0) / 255 },
                    try fixture.tensor("\(name).f32_chw").channelsLast,
                    tolerance: 0
                )
            }
        }
    }

    /// Every n-th row and column, so many that a recording [height, width, 3] is filled.
    private func everyPixel(of image: RGBImage, into shape: [Int]) -> [Float] {
        let step = (image.height + shape[0] - 1) / shape[0]
        var result: [Float] = []
        for y in stride(from: 0, to: image.height, by: step) {
            for x in stride(from: 0, to: image.width, by: step) {
                let start = (y * image.width + x) * 3
                result += image.pixels[start..<start + 3].map(Float.init)
            }
        }
        return result
    }
}
