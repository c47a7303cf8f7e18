import TestSupport

/// Pieces of pickles.
enum Pickle {
    static func text(_ text: String) -> [UInt8] {
        [0x58] + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
    }

    static func integer(_ value: Int) -> [UInt8] { [0x8a, 8] + littleEndian(Int64(value)) }

    static func global(_ module: String, _ name: String) -> [UInt8] {
        Array("c\(module)\n\(name)\n".utf8)
    }

    static func tuple(_ items: [[UInt8]]) -> [UInt8] { [0x28] + items.joined() + [0x74] }

    static func storage(_ type: String = "FloatStorage", key: String = "0", count: Int) -> [UInt8] {
        tuple([text("storage"), global("torch", type), text(key), text("cpu"), integer(count)]) + [
            0x51
        ]
    }

    static func tensor(
        _ storage: [UInt8],
        offset: Int = 0,
        size: [Int],
        stride: [Int]
    ) -> [UInt8] {
        let arguments = [
            storage, integer(offset), tuple(size.map(integer)), tuple(stride.map(integer)), [0x89],
            [0x7d],
        ]
        return global("torch._utils", "_rebuild_tensor_v2") + tuple(arguments) + [0x52]
    }

    /// `{name: value, ...}` as a whole pickle.
    static func state(_ members: [(String, [UInt8])]) -> [UInt8] {
        [0x80, 2, 0x7d, 0x28] + members.flatMap { text($0.0) + $0.1 } + [0x75, 0x2e]
    }
}
