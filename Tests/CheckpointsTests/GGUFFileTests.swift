@testable import Checkpoints
import TestSupport
import Testing

@Suite("GGUF reader")
struct GGUFFileTests {
    /// Bytes of a file as a test wants them.
    struct Content {
        var magic = Array("GGUF".utf8)
        var version: UInt32 = 3
        var tensorCount: UInt64?
        var keyCount: UInt64?
        var keys: [[UInt8]] = []
        var tensors: [[UInt8]] = []
        var data: [UInt8] = []
        var alignment = 32

        var bytes: [UInt8] {
            var bytes =
                magic + littleEndian(version) + littleEndian(tensorCount ?? UInt64(tensors.count))
            bytes += littleEndian(keyCount ?? UInt64(keys.count)) + keys.joined() + tensors.joined()
            bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
            return bytes + data
        }
    }

    private static func text(_ text: String) -> [UInt8] {
        littleEndian(UInt64(text.utf8.count)) + Array(text.utf8)
    }

    private static func key(_ name: String, _ type: UInt32, _ value: [UInt8]) -> [UInt8] {
        text(name) + littleEndian(type) + value
    }

    /// `shape` is innermost first, as in the file.
    private static func tensor(
        _ name: String,
        _ shape: [UInt64],
        type: UInt32 = 0,
        at offset: UInt64 = 0
    ) -> [UInt8] {
        text(name) + littleEndian(UInt32(shape.count)) + shape.flatMap { littleEndian($0) }
            + littleEndian(type)
            + littleEndian(offset)
    }

    private func open(_ content: Content) throws -> GGUFFile {
        let directory = try TemporaryDirectory()
        let path = try directory.write(content.bytes, to: "model.gguf")
        return try #require(try openCheckpoint(at: path) as? GGUFFile)
    }

    @Test("Values of keys are read as what they are")
    func readsKeys() throws {
        let content = Content(keys: [
            Self.key("u8", 0, [200]), Self.key("i8", 1, [200]),
            Self.key("u16", 2, littleEndian(UInt16(65535))),
            Self.key("i16", 3, littleEndian(Int16(-2))),
            Self.key("u32", 4, littleEndian(UInt32(7))),
            Self.key("i32", 5, littleEndian(Int32(-7))),
            Self.key("f32", 6, littleEndian(Float(1.5).bitPattern)),
            Self.key("yes", 7, [1]), Self.key("name", 8, Self.text("Wörter")),
            Self.key(
                "list",
                9,
                littleEndian(UInt32(8)) + littleEndian(UInt64(2)) + Self.text("a") + Self.text("")
            ),
            Self.key("bytes", 9, littleEndian(UInt32(0)) + littleEndian(UInt64(3)) + [1, 2, 255]),
            Self.key("u64", 10, littleEndian(UInt64(1) << 40)),
            Self.key("i64", 11, littleEndian(Int64.min)),
            Self.key("f64", 12, littleEndian(0.1.bitPattern)),
        ])
        let file = try open(content)
        let expected: [String: GGUFValue] = [
            "u8": .integer(200), "i8": .integer(-56), "u16": .integer(65535), "i16": .integer(-2),
            "u32": .integer(7), "i32": .integer(-7), "f32": .number(1.5), "yes": .bool(true),
            "name": .string("Wörter"), "list": .array([.string("a"), .string("")]),
            "bytes": .bytes([1, 2, 255]), "u64": .integer(1 << 40), "i64": .integer(Int.min),
            "f64": .number(0.1),
        ]
        #expect(file.keys == expected)
        #expect(file.metadata == ["name": "Wörter"])
        #expect(file.tensorNames.isEmpty)
    }

    @Test("Shapes are outermost first, and tensors begin at the alignment")
    func readsTensors() throws {
        let content = Content(
            keys: [Self.key("general.alignment", 4, littleEndian(UInt32(64)))],
            tensors: [
                Self.tensor("a", [2, 1]), Self.tensor("b", [3], type: 30, at: 64),
                Self.tensor("scalar", [], at: 128),
            ],
            data: littleEndian([1.5, -2]) + [UInt8](repeating: 9, count: 56) + [
                0x80, 0x3F, 0, 0, 0, 0xC0,
            ]
                + [UInt8](repeating: 9, count: 58) + littleEndian([7]),
            alignment: 64
        )
        let file = try open(content)
        #expect(file.tensorNames == ["a", "b", "scalar"])
        #expect(file.tensors["a"]?.shape == [1, 2])
        #expect(file.tensors["b"]?.elementType == .bfloat16)
        #expect(try file.floats(of: "a") == [1.5, -2])
        #expect(try file.bytes(of: "b") == [0x80, 0x3F, 0, 0, 0, 0xC0])
        #expect(try file.floats(of: "scalar") == [7])
    }

    @Test("Blocks are read as numbers: a scale times what each stands for")
    func readsBlocks() throws {
        let half: [UInt8] = [0x00, 0x38]
        let nibbles = half + (0..<16).map { UInt8($0) | UInt8(15 - $0) << 4 }
        let bytes = half + (0..<32).map { UInt8(bitPattern: Int8($0 - 16)) }
        let content = Content(
            tensors: [
                Self.tensor("four", [32], type: 2), Self.tensor("eight", [32, 1], type: 8, at: 32),
            ],
            data: nibbles + [UInt8](repeating: 0, count: 14) + bytes
        )
        let file = try open(content)
        let low = (0..<16).map { 0.5 * Float($0 - 8) }
        #expect(try file.floats(of: "four") == low + low.reversed().map { $0 })
        #expect(try file.floats(of: "eight") == (0..<32).map { 0.5 * Float($0 - 16) })
        #expect(try file.withStoredBytes(of: "eight") { $0.byteCount } == 34)
    }

    struct Hostile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let kind: CheckpointError.Kind
        var mentions = ""

        init(
            _ description: String,
            _ kind: CheckpointError.Kind,
            mentions: String = "",
            cut: Int = 0,
            _ change: (inout Content) -> Void
        ) {
            var content = Content()
            change(&content)
            testDescription = description
            bytes = Array(content.bytes.dropLast(cut))
            self.kind = kind
            self.mentions = mentions
        }
    }

    static let hostileFiles: [Hostile] = [
        Hostile("a version of long ago", .unsupportedFormat, mentions: "version 1") {
            $0.version = 1
        },
        Hostile("big endian", .unsupportedFormat) { $0.version = 3 << 24 },
        Hostile("more tensors than there is room for", .truncated, mentions: "tensors") {
            $0.tensorCount = .max
        },
        Hostile("more keys than there is room for", .truncated, mentions: "keys") {
            $0.keyCount = 1 << 40
        },
        Hostile("a key that is cut", .truncated, cut: 10) {
            $0.keys = [key("general.name", 8, text("a long name that is cut off somewhere"))]
        },
        Hostile("an endless string", .truncated, mentions: "bytes of key") {
            $0.keys = [key("a", 8, littleEndian(UInt64.max))]
        },
        Hostile("an endless array", .truncated, mentions: "elements of key `a`") {
            $0.keys = [key("a", 9, littleEndian(UInt32(8)) + littleEndian(UInt64(1) << 60))]
        },
        Hostile("arrays of arrays", .unsupportedFormat, mentions: "arrays of arrays") {
            $0.keys = [key("a", 9, littleEndian(UInt32(9)) + littleEndian(UInt64(1)))]
        },
        Hostile("an unknown type of value", .malformed, mentions: "type 13") {
            $0.keys = [key("a", 13, [0])]
        },
        Hostile("neither true nor false", .malformed, mentions: "is 2") {
            $0.keys = [key("a", 7, [2])]
        },
        Hostile("a key twice", .duplicateName, mentions: "`a`") {
            $0.keys = [key("a", 0, [1]), key("a", 0, [1])]
        },
        Hostile("a key that is no UTF-8", .malformed, mentions: "UTF-8") {
            $0.keys = [littleEndian(UInt64(1)) + [0xFF] + littleEndian(UInt32(0)) + [0]]
        },
        Hostile("an alignment of nothing", .malformed, mentions: "general.alignment is 0") {
            $0.keys = [key("general.alignment", 4, littleEndian(UInt32(0)))]
        },
        Hostile("an alignment in words", .malformed, mentions: "a string") {
            $0.keys = [key("general.alignment", 8, text("32"))]
        },
        Hostile("five dimensions", .invalidShape, mentions: "5 dimensions") {
            $0.tensors = [tensor("t", [1, 1, 1, 1, 1])]
        },
        Hostile("a dimension beyond whole numbers", .invalidShape) {
            $0.tensors = [tensor("t", [.max])]
        },
        Hostile("sizes that overflow", .invalidShape) {
            $0.tensors = [tensor("t", [1 << 40, 1 << 40])]
        },
        Hostile("a type of other blocks", .unsupportedElementType, mentions: "type 12") {
            $0.tensors = [tensor("t", [256], type: 12)]
        },
        Hostile("rows of half a block", .sizeMismatch, mentions: "Q8_0") {
            $0.tensors = [tensor("t", [48], type: 8)]
        },
        Hostile("an offset between", .invalidRange, mentions: "alignment 32") {
            $0.tensors = [tensor("t", [1], at: 4)]
            $0.data = [0, 0, 0, 0, 0, 0, 0, 0]
        },
        Hostile("an offset beyond whole numbers", .invalidRange) {
            $0.tensors = [tensor("t", [1], at: .max - 31)]
        },
        Hostile("bytes behind the file", .truncated, mentions: "behind the file") {
            $0.tensors = [tensor("t", [2])]
            $0.data = [0, 0, 0, 0]
        },
        Hostile("a tensor twice", .duplicateName) {
            $0.tensors = [tensor("t", [1]), tensor("t", [1], at: 32)]
            $0.data = [UInt8](repeating: 0, count: 36)
        },
        Hostile("tensors that share bytes", .invalidRange, mentions: "inside of") {
            $0.tensors = [tensor("t", [16]), tensor("u", [1], at: 32)]
            $0.data = [UInt8](repeating: 0, count: 64)
        },
    ]

    @Test("Refuses what breaks the format, and says what", arguments: hostileFiles)
    func refuses(_ hostile: Hostile) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(hostile.bytes, to: "model.gguf")
        #expect {
            try openCheckpoint(at: path)
        } throws: { error in
            guard let error = error as? CheckpointError else { return false }
            return error.kind == hostile.kind && error.path == path
                && error.description.contains(hostile.mentions)
        }
    }

    @Test("Random damage never crashes, and what still opens stays inside the file")
    func survivesDamage() throws {
        let whole = Content(
            keys: [
                Self.key("general.name", 8, Self.text("nano")),
                Self.key("n", 4, littleEndian(UInt32(4))),
            ],
            tensors: [Self.tensor("a", [32, 2], type: 8), Self.tensor("b", [4], at: 96)],
            data: [UInt8](repeating: 1, count: 112)
        ).bytes
        let directory = try TemporaryDirectory()
        var random = SeededRandom(seed: 20_240_110)
        for _ in 0..<2000 {
            let path = try directory.write(mutated(whole, using: &random), to: "m.gguf")
            guard let file = try? openCheckpoint(at: path) else { continue }
            for name in file.tensorNames {
                let read = try? file.withBytes(of: name) { $0.byteCount }
                #expect(read == file.tensors[name]?.byteCount)
            }
        }
    }
}
