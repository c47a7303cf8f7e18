import Checkpoints
import Foundation
import ModelTestSupport
import Tensors
import TestSupport
import Testing

@testable import MMInterleaved

@Suite("Random weights by strips")
struct RandomStripsTests {
    @Test(
        "A file of random weights is the file that is made of a directory of the same weights",
        arguments: FormatPolicy.Profile.allCases,
        [FloatFormat.float32, .bfloat16]
    )
    func sameFile(profile: FormatPolicy.Profile, format: FloatFormat) throws {
        let temporary = try TemporaryDirectory()
        let configuration = TinyModel.wideConfiguration
        let weights = RandomParameters(seed: 5, hasStrongChannels: true)
        try ModelDirectory.writeRandom(
            configuration,
            weights: weights,
            format: format,
            tokenizer: TinyModel.tokenizerBytes,
            path: temporary.path + "tiny"
        ) { _ in }
        let formats = FormatPolicy(profile)
        let writers = try [
            ModelFileWriter(ModelDirectory(path: temporary.path + "tiny"), formats: formats),
            ModelFileWriter(
                configuration,
                RandomStrips("tiny", weights, format: format),
                tokenizer: TinyModel.tokenizerBytes,
                formats: formats
            ),
        ]
        let files = try writers.enumerated().map { index, writer in
            let path = temporary.path + "\(index).gguf"
            try writer.write(to: path) { _ in }
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(try writer.byteCount() == bytes.count)
            return bytes
        }
        #expect(files[0] == files[1])
    }

    @Test(
        "Strips are the numbers of the whole parameter",
        arguments: [
            ("llm.a.weight", [5000, 4100]), ("llm.b.weight", [1 << 18, 65]),
            ("llm.embed_tokens.weight", [4111, 4099]), ("c.weight", [7000, 300, 3, 3]),
        ]
    )
    func strips(name: String, shape: [Int]) throws {
        let parameter = ParameterDescription(name: name, shape: shape)
        let weights = RandomParameters(seed: 3, hasStrongChannels: true)
        let whole = Matrix(rows: 1, columns: parameter.count)
        try weights.read(parameter, into: whole)
        let strips = RowStrips(parameter)
        #expect(strips.ranges.count > 1)
        var next = 0
        var isEqual = true
        try weights.forEachStrip(of: parameter, strips) { strip in
            let own = whole.columns(next..<next + strip.count)
            isEqual = isEqual && strip.toArray() == own.toArray()
            next += strip.count
        }
        #expect(isEqual && next == parameter.count)
    }

    @Test("Strips hold every row once, and never more than 64 MB and a few rows")
    func ranges() {
        for (rows, columns) in [
            (32_002, 5120), (13_824, 5120), (5120, 13_824), (1, 1 << 26), (0, 5), (130, 1 << 20),
        ] {
            let strips = RowStrips(rows: rows, columns: columns)
            #expect(strips.ranges.flatMap(Array.init) == Array(0..<rows))
            for range in strips.ranges.dropLast() {
                #expect(range.count % RowStrips.unit == 0)
                #expect(range.count * columns <= max(1 << 24, RowStrips.unit * columns))
            }
            let last = strips.ranges.last?.count ?? 0
            #expect(last * columns <= max(1 << 24, 64 * columns) + RowStrips.unit * columns)
        }
    }

    @Test("A few inputs are strong, and results as large as without them")
    func strongChannels() throws {
        let parameter = ParameterDescription(name: "layer.weight", shape: [300, 512])
        let weights = Matrix(rows: 300, columns: 512)
        try RandomParameters(seed: 1, hasStrongChannels: true).read(parameter, into: weights)
        let squares = (0..<512).map { column in
            (0..<300).reduce(Float(0)) { $0 + weights[$1, column] * weights[$1, column] } / 300
        }
        let strong = squares.filter { $0 > 10 * squares.sorted()[256] }
        #expect(strong.count == 4)
        #expect(abs(squares.reduce(0, +) - 1) < 0.1)
    }
}
