import Checkpoints
import TestSupport
import Testing

@Suite("PyTorch reader")
struct PyTorchFileTests {
    @Test("Reads a file of torch 2.0.1 with its names, shapes and numbers")
    func readsTorchFile() throws {
        let reader = try openCheckpoint(at: try fixturePath("torch-2.0.bin"))
        #expect(reader.tensors.count == 20)
        #expect(reader.tensorNames.first == reader.tensorNames.first { $0.contains("embeddings") })
        for description in reader.tensors.values {
            let bytes = try reader.bytes(of: description.name)
            #expect(bytes.count == description.byteCount)
            let count = countNonFinite(in: unsafe bytes.span.bytes, of: description.elementType)
            #expect(count.isEmpty)
        }
        let file = try #require(reader as? PyTorchFile)
        try file.verifyChecksums()
    }

    @Test(
        "Gathers views and reads every element type, in pickle protocols 2 and 4",
        arguments: ["views-protocol2.bin", "wrapped-protocol4.bin"]
    )
    func readsViews(_ name: String) throws {
        let reader = try openCheckpoint(at: try fixturePath(name))
        #expect(
            reader.tensorNames == [
                "whole", "transposed", "slice", "every_other", "expanded", "scalar", "empty",
                "longs",
                "halves", "brains", "flags",
            ]
        )
        #expect(try reader.floats(of: "whole") == (0..<24).map(Float.init))
        #expect(
            try reader.floats(of: "transposed")
                == (0..<4).flatMap { row in (0..<6).map { Float(row + 4 * $0) } }
        )
        #expect(try reader.floats(of: "slice") == [13, 14, 17, 18])
        #expect(try reader.floats(of: "every_other") == [1, 3, 5])
        #expect(try reader.floats(of: "expanded") == [5, 6, 7, 5, 6, 7])
        #expect(try reader.floats(of: "scalar") == [7])
        #expect(try reader.floats(of: "empty") == [])
        #expect(reader.tensors["empty"]?.shape == [0, 3])
        #expect(reader.tensors["longs"]?.elementType == .int64)
        #expect(
            try reader.bytes(of: "longs")
                == littleEndian(Int64(-1)) + littleEndian(Int64(2)) + littleEndian(Int64(1 << 40))
        )
        #expect(reader.tensors["halves"]?.elementType == .float16)
        #expect(try reader.bytes(of: "halves") == [0x00, 0x3e, 0x00, 0x7c])
        #expect(reader.tensors["brains"]?.elementType == .bfloat16)
        #expect(try reader.bytes(of: "flags") == [1, 0])
    }

    @Test("Reads zip64 archives")
    func readsZip64() throws {
        let pickle = Pickle.state([
            ("w", Pickle.tensor(Pickle.storage(count: 2), size: [2], stride: [1]))
        ])
        let archive = PickleArchive(pickle: pickle, storages: ["0": littleEndian([3, 4])])
        let directory = try TemporaryDirectory()
        for usesZip64 in [false, true] {
            let path = try directory.write(
                archive.encoded(.init(usesZip64: usesZip64)),
                to: "m.bin"
            )
            #expect(try openCheckpoint(at: path).floats(of: "w") == [3, 4])
        }
    }

    @Test("Finds damage in a storage by its checksum")
    func verifiesChecksums() throws {
        let pickle = Pickle.state([
            ("w", Pickle.tensor(Pickle.storage(count: 2), size: [2], stride: [1]))
        ])
        let data = littleEndian([3, 4])
        var bytes = PickleArchive(pickle: pickle, storages: ["0": data]).encoded()
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: data) })
        bytes[start] ^= 1
        let directory = try TemporaryDirectory()
        let file = try openCheckpoint(at: try directory.write(bytes, to: "m.bin"))
        #expect { try file.verifyChecksums() } throws: {
            ($0 as? CheckpointError)?.kind == .checksumMismatch
        }
    }

    @Test("Random damage never crashes, and what still opens stays inside the file")
    func survivesMutation() throws {
        let directory = try TemporaryDirectory()
        var random = SeededRandom(seed: 7)
        var refusedCount = 0
        for name in ["views-protocol2.bin", "wrapped-protocol4.bin"] {
            let original = try fixtureBytes(name)
            for _ in 0..<700 {
                let path = try directory.write(mutated(original, using: &random), to: "m.bin")
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
        }
        #expect(refusedCount > 300)
    }

    @Test("Random damage inside the pickle never crashes")
    func survivesPickleMutation() throws {
        let directory = try TemporaryDirectory()
        let tensor = Pickle.tensor(Pickle.storage(count: 6), size: [2, 3], stride: [3, 1])
        let pickle = Pickle.state([("a", tensor), ("b", Pickle.tuple([tensor])), ("c", [0x4e])])
        var random = SeededRandom(seed: 99)
        var refusedCount = 0
        for _ in 0..<2000 {
            let archive = PickleArchive(
                pickle: mutated(pickle, using: &random),
                storages: ["0": littleEndian([1, 2, 3, 4, 5, 6])]
            )
            let path = try directory.write(archive.encoded(), to: "m.bin")
            do throws(CheckpointError) {
                let reader = try openCheckpoint(at: path)
                for name in reader.tensorNames { _ = try? reader.bytes(of: name) }
            } catch {
                refusedCount += 1
            }
        }
        #expect(refusedCount > 1000)
    }
}
