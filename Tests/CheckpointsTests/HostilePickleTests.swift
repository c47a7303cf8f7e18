import Checkpoints
import TestSupport
import Testing

@Suite("Hostile PyTorch files")
struct HostilePickleTests {
    struct Hostile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let kind: CheckpointError.Kind
        var mentions = ""
    }

    private static func pickled(
        _ name: String,
        _ pickle: [UInt8],
        _ kind: CheckpointError.Kind,
        mentions: String = ""
    ) -> Hostile {
        let archive = PickleArchive(pickle: pickle, storages: ["0": littleEndian([1, 2, 3, 4])])
        return Hostile(
            testDescription: name,
            bytes: archive.encoded(),
            kind: kind,
            mentions: mentions
        )
    }

    private static func viewed(
        _ name: String,
        offset: Int = 0,
        size: [Int],
        stride: [Int],
        count: Int = 4,
        _ kind: CheckpointError.Kind
    ) -> Hostile {
        let tensor = Pickle.tensor(
            Pickle.storage(count: count),
            offset: offset,
            size: size,
            stride: stride
        )
        return pickled(name, Pickle.state([("w", tensor)]), kind)
    }

    private static let goodPickle = Pickle.state([
        ("w", Pickle.tensor(Pickle.storage(count: 4), size: [4], stride: [1]))
    ])

    private static func flawed(
        _ name: String,
        _ flaws: PickleArchive.Flaws,
        _ kind: CheckpointError.Kind
    ) -> Hostile {
        let archive = PickleArchive(
            pickle: goodPickle,
            storages: ["0": littleEndian([1, 2, 3, 4])]
        )
        return Hostile(testDescription: name, bytes: archive.encoded(flaws), kind: kind)
    }

    static let hostilePickles: [Hostile] = [
        pickled(
            "calls os.system",
            [0x80, 2] + Pickle.global("os", "system") + Pickle.tuple([Pickle.text("true")]) + [
                0x52, 0x2e,
            ],
            .forbidden,
            mentions: "os.system"
        ),
        pickled(
            "calls builtins.eval by STACK_GLOBAL",
            [0x80, 4] + Pickle.text("builtins") + Pickle.text("eval") + [0x93, 0x2e],
            .forbidden,
            mentions: "builtins.eval"
        ),
        pickled(
            "hides an unknown torch function",
            [0x80, 2] + Pickle.global("torch", "load") + [0x2e],
            .forbidden,
            mentions: "torch.load"
        ),
        pickled(
            "uses INST",
            [0x80, 2, 0x28] + Array("ios\nsystem\n.".utf8),
            .forbidden,
            mentions: "0x69"
        ),
        pickled("uses NEWOBJ", [0x80, 2, 0x7d, 0x29, 0x81, 0x2e], .forbidden, mentions: "0x81"),
        pickled(
            "uses an extension registry",
            [0x80, 2, 0x82, 1, 0x2e],
            .forbidden,
            mentions: "0x82"
        ),
        pickled("builds a tuple's state", [0x80, 2, 0x29, 0x7d, 0x62, 0x2e], .forbidden),
        pickled(
            "reduces a type",
            [0x80, 2] + Pickle.global("torch", "FloatStorage") + [0x29, 0x52, 0x2e],
            .forbidden
        ),
        pickled("is of protocol 0", [0x80, 0, 0x2e], .malformed),
        pickled("has no STOP", [0x80, 2, 0x7d], .truncated),
        pickled("is empty", [], .truncated),
        pickled("stops with nothing on the stack", [0x80, 2, 0x2e], .malformed),
        pickled("pops below a mark", [0x80, 2, 0x4e, 0x28, 0x30, 0x2e], .malformed),
        pickled("closes a mark it never set", [0x80, 2, 0x74, 0x2e], .malformed),
        pickled("recalls an unset memo entry", [0x80, 2, 0x68, 9, 0x2e], .malformed),
        pickled(
            "has an odd number of dictionary items",
            [0x80, 2, 0x7d, 0x28, 0x4e, 0x75, 0x2e],
            .malformed
        ),
        pickled(
            "promises a string of 4 GB",
            [0x80, 2, 0x58, 0xff, 0xff, 0xff, 0xff, 0x2e],
            .truncated
        ),
        pickled(
            "promises a string above 63 bits",
            [0x80, 4, 0x8d] + littleEndian(UInt64.max),
            .limitExceeded
        ),
        pickled("has text that is not UTF-8", [0x80, 2, 0x8c, 1, 0xff, 0x2e], .malformed),
        pickled("holds no dictionary", [0x80, 2, 0x4b, 1, 0x2e], .malformed),
        pickled(
            "grows the stack without end",
            [0x80, 2] + [UInt8](repeating: 0x4e, count: (1 << 20) + 1) + [0x2e],
            .limitExceeded
        ),
        pickled(
            "nests marks without end",
            [0x80, 2] + [UInt8](repeating: 0x28, count: (1 << 20) + 1) + [0x2e],
            .limitExceeded
        ),
        pickled(
            "nests tuples half a million deep",
            [0x80, 2, 0x29] + [UInt8](repeating: 0x85, count: 500_000) + [0x2e],
            .malformed
        ),
        pickled(
            "has a dictionary that holds itself",
            [0x80, 2, 0x7d, 0x71, 0] + Pickle.text("state_dict") + [0x68, 0, 0x73, 0x2e],
            .unsupportedFormat
        ),
        pickled(
            "nests tensors in a list",
            Pickle.state([("w", [0x5d, 0x4e, 0x61])]),
            .unsupportedFormat,
            mentions: "container"
        ),
        pickled(
            "has the same key twice",
            [0x80, 2, 0x7d, 0x28]
                + [0, 1].flatMap { _ in
                    Pickle.text("w")
                        + Pickle.tensor(Pickle.storage(count: 4), size: [4], stride: [1])
                } + [0x75, 0x2e],
            .duplicateName
        ),
        pickled(
            "has a key that is a number",
            [0x80, 2, 0x7d, 0x4b, 1, 0x4e, 0x73, 0x2e],
            .malformed
        ),
        pickled(
            "names a storage that is not there",
            Pickle.state([
                ("w", Pickle.tensor(Pickle.storage(key: "../1", count: 4), size: [4], stride: [1]))
            ]),
            .truncated,
            mentions: "../1"
        ),
        pickled(
            "gives a storage of an unknown type",
            Pickle.state([
                (
                    "w",
                    Pickle.tensor(Pickle.storage("QInt8Storage", count: 4), size: [4], stride: [1])
                )
            ]),
            .forbidden,
            mentions: "QInt8Storage"
        ),
        viewed("larger than its storage", size: [5], stride: [1], .invalidRange),
        viewed("offset beyond its storage", offset: 5, size: [1], stride: [1], .invalidRange),
        viewed("offset that pushes the end out", offset: 1, size: [4], stride: [1], .invalidRange),
        viewed("negative offset", offset: -1, size: [1], stride: [1], .invalidRange),
        viewed("negative stride", size: [2], stride: [-1], .invalidRange),
        viewed("negative size", size: [-1], stride: [1], .invalidShape),
        viewed("stride that overflows", size: [3], stride: [.max], .invalidRange),
        viewed("size that overflows", size: [.max, .max], stride: [0, 0], .invalidShape),
        viewed("a tebibyte expanded from one number", size: [1 << 38], stride: [0], .limitExceeded),
        viewed("storage count above the record", size: [4], stride: [1], count: 5, .sizeMismatch),
        viewed("storage count that overflows", size: [4], stride: [1], count: .max, .sizeMismatch),
        viewed("negative storage count", size: [0], stride: [1], count: -1, .malformed),
    ]

    static let hostileArchives: [Hostile] = [
        flawed("wrong checksum of the pickle", .init(checksumFlip: 1), .checksumMismatch),
        flawed("encrypted entries", .init(flags: 1), .forbidden),
        flawed("unknown compression method", .init(method: 99), .forbidden),
        flawed("local header offset past the end", .init(localHeaderShift: 1 << 30), .invalidRange),
        flawed("local header offset off by one", .init(localHeaderShift: 1), .malformed),
        flawed("stored entry of two sizes", .init(declaredByteCount: 1 << 31), .malformed),
        flawed(
            "deflated pickle that declares 2 GB",
            .init(method: 8, declaredByteCount: 1 << 31),
            .limitExceeded
        ),
        flawed(
            "deflated pickle that does not inflate",
            .init(method: 8, declaredByteCount: 100),
            .malformed
        ),
        Hostile(
            testDescription: "zip header alone",
            bytes: [0x50, 0x4b, 3, 4],
            kind: .truncated
        ),
        Hostile(
            testDescription: "cut in the middle",
            bytes: Array(PickleArchive(pickle: goodPickle).encoded().dropLast(40)),
            kind: .truncated
        ),
        Hostile(
            testDescription: "two entries of one name",
            bytes: twice("m/data.pkl").encoded(),
            kind: .duplicateName,
            mentions: "m/data.pkl"
        ),
        Hostile(
            testDescription: "two pickles",
            bytes: twice("n/data.pkl").encoded(),
            kind: .malformed,
            mentions: "2 entries"
        ),
        Hostile(
            testDescription: "no pickle",
            bytes: renamed("m/other").encoded(),
            kind: .malformed,
            mentions: "0 entries"
        ),
        Hostile(
            testDescription: "big-endian storages",
            bytes: bigEndian().encoded(),
            kind: .unsupportedFormat,
            mentions: "big"
        ),
        Hostile(
            testDescription: "the format before torch 1.6",
            bytes: [
                0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
                0x2e,
            ],
            kind: .unsupportedFormat,
            mentions: "torch.save(torch.load("
        ),
    ]

    private static func twice(_ name: String) -> PickleArchive {
        var archive = PickleArchive(pickle: goodPickle)
        archive.entries.append((name, goodPickle))
        return archive
    }

    private static func renamed(_ name: String) -> PickleArchive {
        var archive = PickleArchive(pickle: goodPickle)
        archive.entries[0].name = name
        return archive
    }

    private static func bigEndian() -> PickleArchive {
        var archive = PickleArchive(pickle: goodPickle)
        archive.entries.insert(("m/byteorder", Array("big".utf8)), at: 0)
        return archive
    }

    @Test("Refuses a pickle that", arguments: hostilePickles)
    func refusesPickle(_ hostile: Hostile) throws {
        try check(hostile)
    }

    @Test("Refuses an archive with", arguments: hostileArchives)
    func refusesArchive(_ hostile: Hostile) throws {
        try check(hostile)
    }

    private func check(_ hostile: Hostile) throws {
        let error = try #require(try openingError(hostile.bytes))
        #expect(error.kind == hostile.kind, "\(error)")
        #expect(
            hostile.mentions.isEmpty || error.description.contains(hostile.mentions),
            "\(error)"
        )
    }

    @Test("A view that ends with its storage is read")
    func readsLastElement() throws {
        let tensor = Pickle.tensor(
            Pickle.storage(count: 4),
            offset: 1,
            size: [2, 1],
            stride: [2, 9]
        )
        let archive = PickleArchive(
            pickle: Pickle.state([("w", tensor)]),
            storages: ["0": littleEndian([1, 2, 3, 4])]
        )
        let directory = try TemporaryDirectory()
        let reader = try openCheckpoint(at: try directory.write(archive.encoded(), to: "m.bin"))
        #expect(try reader.floats(of: "w") == [2, 4])
    }
}
