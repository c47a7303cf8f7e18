/// What a model file says about how it cuts texts, as far as it matters here.
///
/// Source: SentencePiece `sentencepiece_model.proto`; Protocol Buffers encoding specification.
struct SentencePieceSettings {
    /// Whether the model merges pairs (BPE), in a text that only gets a space in front: then words whose pieces do
    /// not reach into one another are cut each on its own.
    private(set) var areWordsIndependent = false

    /// Reads a model file; what cannot be read says no.
    init(_ bytes: [UInt8]) {
        guard let model = Self.fields(bytes[...]), let trainer = Self.fields(model[2]?.bytes ?? []),
            let normalizer = Self.fields(model[3]?.bytes ?? [])
        else { return }
        let isBPE = trainer[3]?.number == 2
        let hasSpaceInFront = (trainer[24]?.number ?? 0) == 0
        let changesNothing =
            normalizer[2]?.bytes?.isEmpty ?? true && normalizer[3]?.number ?? 1 == 1
            && normalizer[4]?.number == 0 && normalizer[5]?.number ?? 1 == 1
        areWordsIndependent = isBPE && hasSpaceInFront && changesNothing
    }

    private struct Value {
        var number: UInt64?
        var bytes: ArraySlice<UInt8>?
    }

    /// The last value of every field of a message; nil if it is none.
    private static func fields(_ message: ArraySlice<UInt8>) -> [UInt64: Value]? {
        var rest = message
        var fields: [UInt64: Value] = [:]
        while !rest.isEmpty {
            guard let key = varint(&rest) else { return nil }
            var value = Value()
            switch key & 7 {
            case 0:
                guard let number = varint(&rest) else { return nil }
                value.number = number
            case 1:
                guard rest.count >= 8 else { return nil }
                rest.removeFirst(8)
            case 2:
                guard let count = varint(&rest), count <= UInt64(rest.count) else { return nil }
                value.bytes = rest.prefix(Int(count))
                rest.removeFirst(Int(count))
            case 5:
                guard rest.count >= 4 else { return nil }
                rest.removeFirst(4)
            default: return nil
            }
            fields[key >> 3] = value
        }
        return fields
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
