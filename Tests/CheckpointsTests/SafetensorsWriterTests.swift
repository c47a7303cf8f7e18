import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite("Safetensors writer")
struct SafetensorsWriterTests {
    private func makeDescriptions() throws -> [TensorDescription] {
        [
            try TensorDescription(name: "β \"quoted\"\n", elementType: .uint8, shape: [3]),
            try TensorDescription(name: "empty", elementType: .float32, shape: [0]),
            try TensorDescription(name: "matrix", elementType: .float32, shape: [2, 2]),
            try TensorDescription(name: "last empty", elementType: .int64, shape: [5, 0]),
        ]
    }

    @Test("A file that the disk has no room for is refused before anything is written")
    func noRoom() throws {
        let directory = try TemporaryDirectory()
        let count = 1 << 60
        let error = #expect(throws: CheckpointError.self) {
            _ = try SafetensorsWriter.begin(
                path: directory.path + "out.safetensors",
                tensors: [TensorDescription(name: "x", elementType: .uint8, shape: [count])]
            )
        }
        #expect(error?.kind == .noRoom)
        #expect(error?.detail.contains("free") == true)
        #expect(try directory.fileNames() == [])
    }

    @Test("What is written in pieces is read back as declared, data 8-byte aligned")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "out.safetensors"
        let descriptions = try makeDescriptions()
        let writer = try SafetensorsWriter.begin(
            path: path,
            tensors: descriptions,
            metadata: ["by": "test\u{1}", "a": "b"]
        )
        let floats = littleEndian([1, 2, 3, 4])
        try writer.append(unsafe ([7, 8, 9] as [UInt8]).span.bytes, to: descriptions[0].name)
        try writer.append(unsafe floats.span.bytes.extracting(first: 5), to: "matrix")
        try writer.append(unsafe floats.span.bytes.extracting(droppingFirst: 5), to: "matrix")
        let names = try directory.fileNames()
        #expect(!names.contains("out.safetensors"), "visible before it is complete")
        try writer.finish()
        let files = ["out.safetensors", "out.safetensors.sha256"]
        #expect(try directory.fileNames() == files)
        let reader = try openCheckpoint(at: path)
        #expect(reader.metadata == ["by": "test\u{1}", "a": "b"])
        #expect(Set(reader.tensors.values) == Set(descriptions))
        #expect(try reader.bytes(of: descriptions[0].name) == [7, 8, 9])
        #expect(try reader.floats(of: "matrix") == [1, 2, 3, 4])
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        #expect((bytes.count - 3 - 16) % 8 == 0)
    }

    @Test("Refuses bytes of another tensor, too many bytes and finishing early")
    func refusesWrongOrder() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "out.safetensors"
        let descriptions = try makeDescriptions()
        let writer = try SafetensorsWriter.begin(path: path, tensors: descriptions)
        #expect { try writer.append(unsafe ([1] as [UInt8]).span.bytes, to: "matrix") } throws: {
            ($0 as? CheckpointError)?.kind == .wrongOrder
        }
        #expect { try writer.finish() } throws: { ($0 as? CheckpointError)?.kind == .wrongOrder }
        #expect {
            try writer.append(
                unsafe ([1, 2, 3, 4] as [UInt8]).span.bytes,
                to: descriptions[0].name
            )
        } throws: {
            ($0 as? CheckpointError)?.kind == .sizeMismatch
        }
        #expect(throws: CheckpointError.self) { try writer.finish() }
        #expect(try directory.fileNames().isEmpty)
    }

    @Test("A writer that is dropped leaves the older file and no other")
    func dropsUnfinished() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write([1, 2, 3], to: "out.safetensors")
        do {
            let writer = try SafetensorsWriter.begin(path: path, tensors: try makeDescriptions())
            try writer.append(
                unsafe ([7] as [UInt8]).span.bytes,
                to: try makeDescriptions()[0].name
            )
        }
        #expect(try directory.fileNames() == ["out.safetensors"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([1, 2, 3]))
    }

    @Test("Refuses duplicate and reserved names, and a folder that is not there")
    func refusesDeclarations() throws {
        let directory = try TemporaryDirectory()
        let tensor = try TensorDescription(name: "a", elementType: .uint8, shape: [1])
        let reserved = try TensorDescription(name: "__metadata__", elementType: .uint8, shape: [1])
        for tensors in [[tensor, tensor], [reserved]] {
            #expect {
                _ = try SafetensorsWriter.begin(path: directory.path + "x", tensors: tensors)
            } throws: {
                ($0 as? CheckpointError)?.kind == .duplicateName
            }
        }
        #expect {
            _ = try SafetensorsWriter.begin(path: directory.path + "no/x", tensors: [tensor])
        } throws: {
            ($0 as? CheckpointError)?.kind == .systemCall
        }
        #expect(try directory.fileNames().isEmpty)
    }
}
