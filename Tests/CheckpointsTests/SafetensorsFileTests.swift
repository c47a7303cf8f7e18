import Checkpoints
import TestSupport
import Testing

@Suite("Safetensors reader")
struct SafetensorsFileTests {
    private func open(_ bytes: [UInt8]) throws -> any CheckpointReader {
        let directory = try TemporaryDirectory()
        return try openCheckpoint(at: try directory.write(bytes, to: "model.safetensors"))
    }

    @Test("Lends each tensor's bytes and metadata, in order of the offsets")
    func readsTensors() throws {
        let header = """
            {"__metadata__":{"format":"pt","näme":"\\u00e9\\ud83d\\ude00\\n"},
             "b":{"dtype":"F32","shape":[2,1],"data_offsets":[2,10]},
             "a":{"dtype":"BF16","shape":[],"data_offsets":[0,2]},
             "none":{"dtype":"I64","shape":[0,7],"data_offsets":[10,10]}}
            """
        let reader = try open(
            safetensorsBytes(header: header, data: [0x80, 0x3f] + littleEndian([1.5, -2]))
        )
        #expect(reader.tensorNames == ["a", "b", "none"])
        #expect(reader.metadata == ["format": "pt", "näme": "é😀\n"])
        #expect(reader.tensors["b"]?.shape == [2, 1])
        #expect(try reader.bytes(of: "a") == [0x80, 0x3f])
        #expect(try reader.floats(of: "b") == [1.5, -2])
        #expect(try reader.bytes(of: "none").isEmpty)
        #expect(try reader.description(of: "a").elementCount == 1)
        #expect(reader.prefetch("b") == 8 && reader.prefetch("c") == 0)
        reader.releaseResidentPages(of: "b")
        #expect(try reader.floats(of: "b") == [1.5, -2])
    }

    @Test("Names the tensor that is not there")
    func missingTensor() throws {
        let reader = try open(safetensorsBytes(header: "{}"))
        #expect { try reader.bytes(of: "lm_head.weight") } throws: { error in
            let error = error as? CheckpointError
            return error?.kind == .missingTensor && error?.tensor == "lm_head.weight"
        }
    }

    struct Hostile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let kind: CheckpointError.Kind
        var tensor: String?
        var mentions = ""
    }

    private static func one(
        _ dtype: String = "F32",
        _ shape: String = "[1]",
        _ offsets: String = "[0,4]",
        data: Int = 4
    ) -> [UInt8] {
        safetensorsBytes(
            header:
                "{\"t\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}}",
            data: [UInt8](repeating: 0, count: data)
        )
    }

    private static func two(_ first: String, _ second: String, data: Int) -> [UInt8] {
        safetensorsBytes(
            header: """
                {"a":{"dtype":"U8","shape":[4],"data_offsets":\(first)},
                 "b":{"dtype":"U8","shape":[4],"data_offsets":\(second)}}
                """,
            data: [UInt8](repeating: 0, count: data)
        )
    }

    static let hostileFiles: [Hostile] = [
        Hostile(testDescription: "empty file", bytes: [], kind: .notACheckpoint),
        Hostile(testDescription: "shorter than the length", bytes: [1, 0, 0], kind: .truncated),
        Hostile(
            testDescription: "length above the limit",
            bytes: safetensorsBytes(header: "{}", length: 100_000_001),
            kind: .limitExceeded
        ),
        Hostile(
            testDescription: "length of all ones",
            bytes: safetensorsBytes(header: "{}", length: .max),
            kind: .limitExceeded
        ),
        Hostile(
            testDescription: "length beyond the file",
            bytes: safetensorsBytes(header: "{}", length: 3),
            kind: .truncated
        ),
        Hostile(
            testDescription: "length of zero",
            bytes: safetensorsBytes(header: "{}", length: 0),
            kind: .malformed
        ),
        Hostile(
            testDescription: "header starts with a space",
            bytes: safetensorsBytes(header: " {}"),
            kind: .malformed
        ),
        Hostile(
            testDescription: "header is an array",
            bytes: safetensorsBytes(header: "[]"),
            kind: .malformed
        ),
        Hostile(
            testDescription: "header is cut",
            bytes: safetensorsBytes(header: "{\"t\":{"),
            kind: .malformed
        ),
        Hostile(
            testDescription: "text behind the header",
            bytes: safetensorsBytes(header: "{}x"),
            kind: .malformed
        ),
        Hostile(
            testDescription: "header is not UTF-8",
            bytes: littleEndian(UInt64(7)) + [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d],
            kind: .malformed
        ),
        Hostile(
            testDescription: "lone surrogate",
            bytes: safetensorsBytes(header: "{\"\\ud800\":1}"),
            kind: .malformed
        ),
        Hostile(
            testDescription: "deeply nested header",
            bytes: safetensorsBytes(header: "{\"a\":" + String(repeating: "[", count: 200_000)),
            kind: .limitExceeded
        ),
        Hostile(
            testDescription: "duplicate names",
            bytes: safetensorsBytes(
                header: """
                    {"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},
                     "\\u0074":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}
                    """,
                data: [0]
            ),
            kind: .duplicateName,
            mentions: "\"t\""
        ),
        Hostile(
            testDescription: "names that Unicode takes for the same",
            bytes: safetensorsBytes(
                header: """
                    {"\u{e9}":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},
                     "e\u{301}":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}
                    """,
                data: [0, 0]
            ),
            kind: .duplicateName,
            mentions: "another Unicode form"
        ),
        Hostile(
            testDescription: "unknown dtype",
            bytes: one("Q7"),
            kind: .unsupportedElementType,
            tensor: "t",
            mentions: "Q7"
        ),
        Hostile(
            testDescription: "unknown field",
            bytes: safetensorsBytes(header: "{\"t\":{\"dtype\":\"U8\",\"code\":\"x\"}}"),
            kind: .malformed,
            tensor: "t",
            mentions: "code"
        ),
        Hostile(
            testDescription: "missing shape",
            bytes: safetensorsBytes(
                header: "{\"t\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}",
                data: [0]
            ),
            kind: .malformed,
            tensor: "t"
        ),
        Hostile(
            testDescription: "negative dimension",
            bytes: one("F32", "[-1]"),
            kind: .malformed,
            tensor: "t"
        ),
        Hostile(
            testDescription: "fractional dimension",
            bytes: one("F32", "[1.0]"),
            kind: .malformed,
            tensor: "t"
        ),
        Hostile(
            testDescription: "shape that overflows",
            bytes: one("F32", "[4611686018427387904,4]"),
            kind: .invalidShape,
            tensor: "t"
        ),
        Hostile(
            testDescription: "shape that overflows behind a zero",
            bytes: one("F32", "[0,4611686018427387904,8]", "[0,0]", data: 0),
            kind: .invalidShape,
            tensor: "t"
        ),
        Hostile(
            testDescription: "dimension above 64 bits",
            bytes: one("F32", "[18446744073709551616]"),
            kind: .malformed,
            tensor: "t"
        ),
        Hostile(
            testDescription: "too many dimensions",
            bytes: one("F32", "[\(Array(repeating: "1", count: 17).joined(separator: ","))]"),
            kind: .invalidShape,
            tensor: "t"
        ),
        Hostile(
            testDescription: "shape larger than the range",
            bytes: one("F32", "[2]"),
            kind: .sizeMismatch,
            tensor: "t"
        ),
        Hostile(
            testDescription: "shape smaller than the range",
            bytes: one("U8", "[3]"),
            kind: .sizeMismatch,
            tensor: "t"
        ),
        Hostile(
            testDescription: "offsets reversed",
            bytes: one("F32", "[1]", "[4,0]"),
            kind: .invalidRange,
            tensor: "t"
        ),
        Hostile(
            testDescription: "offsets beyond the data (truncated file)",
            bytes: one(data: 3),
            kind: .invalidRange,
            tensor: "t"
        ),
        Hostile(
            testDescription: "bytes behind the last tensor",
            bytes: one(data: 5),
            kind: .invalidRange
        ),
        Hostile(
            testDescription: "a hole at the start",
            bytes: one("F32", "[1]", "[4,8]", data: 8),
            kind: .invalidRange,
            tensor: "t",
            mentions: "hole"
        ),
        Hostile(
            testDescription: "overlapping tensors",
            bytes: two("[0,4]", "[2,6]", data: 6),
            kind: .invalidRange,
            tensor: "b",
            mentions: "overlaps"
        ),
        Hostile(
            testDescription: "two tensors on the same bytes",
            bytes: two("[0,4]", "[0,4]", data: 4),
            kind: .invalidRange,
            mentions: "overlaps"
        ),
        Hostile(
            testDescription: "a hole between tensors",
            bytes: two("[0,4]", "[5,9]", data: 9),
            kind: .invalidRange,
            tensor: "b",
            mentions: "hole"
        ),
        Hostile(
            testDescription: "metadata that is not text",
            bytes: safetensorsBytes(header: "{\"__metadata__\":{\"a\":1}}"),
            kind: .malformed,
            mentions: "__metadata__.a"
        ),
    ]

    @Test("Refuses a hostile file with an error that names its operands", arguments: hostileFiles)
    func refusesHostileFile(_ hostile: Hostile) throws {
        let error = try #require(try openingError(hostile.bytes))
        #expect(error.kind == hostile.kind, "\(error)")
        #expect(hostile.tensor == nil || error.tensor == hostile.tensor, "\(error)")
        #expect(error.detail.contains(hostile.mentions) || hostile.mentions.isEmpty, "\(error)")
        #expect(error.path.hasSuffix("/file"))
    }

    @Test("A header at the rank limit is read, one above is refused")
    func rankLimit() throws {
        let ones = Array(repeating: "1", count: CheckpointLimits.maximumRank).joined(separator: ",")
        #expect(try openingError(Self.one("F32", "[\(ones)]")) == nil)
    }

    @Test("Random damage never crashes, and what still opens stays inside the file")
    func survivesMutation() throws {
        let header = """
            {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
            "b":{"dtype":"U8","shape":[8],"data_offsets":[24,32]}}
            """
        let original = safetensorsBytes(header: header, data: [UInt8](0..<32))
        var random = SeededRandom(seed: 20_240_110)
        let directory = try TemporaryDirectory()
        var refusedCount = 0
        for _ in 0..<1500 {
            let path = try directory.write(mutated(original, using: &random), to: "m.safetensors")
            do throws(CheckpointError) {
                let reader = try openCheckpoint(at: path)
                for (name, description) in reader.tensors {
                    let byteCount = (try? reader.bytes(of: name))?.count
                    #expect(byteCount == description.byteCount)
                }
            } catch {
                refusedCount += 1
            }
        }
        #expect(refusedCount > 500)
    }
}
