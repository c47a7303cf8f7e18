import Checkpoints
import TestSupport
import Testing

@Suite("GGUF writer")
struct GGUFWriterTests {
    typealias Tensor = GGUFWriter.Tensor

    @Test("Keys and tensors come back as they were given")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "m.gguf"
        let keys: [(name: String, value: GGUFValue)] = [
            ("general.architecture", .string("mm-interleaved")), ("general.version", .integer(1)),
            ("size", .integer(-3)), ("share", .number(0.1)), ("yes", .bool(true)),
            ("names", .array([.string("a"), .string("ö")])), ("none", .array([])),
            ("raw", .bytes([0, 255])),
        ]
        let writer = try GGUFWriter.begin(
            path: path,
            keys: keys,
            tensors: [
                Tensor(name: "bytes", type: .q8x0, shape: [2, 32]),
                Tensor(name: "empty", type: .float32, shape: [0, 4]),
                Tensor(name: "row", type: .float32, shape: [3]),
            ]
        )
        let blocks = [UInt8](0..<68)
        let (first, rest) = (Array(blocks[..<40]), Array(blocks[40...]))
        try writer.append(unsafe first.span.bytes, to: "bytes")
        try writer.append(unsafe rest.span.bytes, to: "bytes")
        try writer.append(unsafe littleEndian([1, 2, 3]).span.bytes, to: "row")
        try writer.finish()

        let file = try #require(try openCheckpoint(at: path) as? GGUFFile)
        #expect(file.keys == Dictionary(uniqueKeysWithValues: keys.map { ($0.name, $0.value) }))
        #expect(file.tensorNames == ["bytes", "empty", "row"])
        #expect(file.stored["bytes"]?.type == .q8x0)
        #expect(file.tensors["bytes"]?.shape == [2, 32])
        #expect(file.stored.values.allSatisfy { $0.range.lowerBound % 32 == 0 })
        let stored = try file.withStoredBytes(of: "bytes") { span in
            unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }
        }
        #expect(stored == blocks)
        #expect(try file.floats(of: "row") == [1, 2, 3])
    }

    @Test("A file is as long as its last tensor filled up, as the format's own tools expect")
    func isFilledUp() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "m.gguf"
        let tensor = Tensor(name: "row", type: .float32, shape: [1])
        let writer = try GGUFWriter.begin(path: path, keys: [], tensors: [tensor])
        try writer.append(unsafe littleEndian([1]).span.bytes, to: "row")
        try writer.finish()
        #expect(try MappedFile(path: path).byteCount % 32 == 0)
    }

    static let refused: [(String, [GGUFWriter.Tensor], CheckpointError.Kind)] = [
        (
            "a name twice",
            [
                Tensor(name: "t", type: .float32, shape: [1]),
                Tensor(name: "t", type: .float32, shape: [1]),
            ], .duplicateName
        ),
        (
            "a name longer than ggml reads",
            [Tensor(name: String(repeating: "n", count: 65), type: .float32, shape: [1])],
            .limitExceeded
        ),
        (
            "five dimensions", [Tensor(name: "t", type: .float32, shape: [1, 1, 1, 1, 1])],
            .invalidShape
        ),
        ("half a block", [Tensor(name: "t", type: .q4x0, shape: [2, 48])], .sizeMismatch),
    ]

    @Test("Refuses what no reader takes", arguments: refused)
    func refuses(
        _ description: String,
        _ tensors: [GGUFWriter.Tensor],
        _ kind: CheckpointError.Kind
    ) throws {
        let directory = try TemporaryDirectory()
        #expect {
            try GGUFWriter.begin(path: directory.path + "m.gguf", keys: [], tensors: tensors)
        } throws: { error in
            (error as? CheckpointError)?.kind == kind
        }
    }
}
