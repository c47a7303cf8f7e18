import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite("Checksums of tensors")
struct TensorChecksumsTests {
    private let names = ["plain", "β \"quoted\"\\n\n\r", "empty"]

    /// Writes three tensors of bytes, the last one empty.
    private func write(to path: String) throws {
        let counts = [4, 2, 0]
        let writer = try SafetensorsWriter.begin(
            path: path,
            tensors: try zip(names, counts).map {
                try TensorDescription(name: $0, elementType: .uint8, shape: [$1])
            }
        )
        for (name, count) in zip(names, counts) where count > 0 {
            try writer.append(unsafe [UInt8](repeating: 7, count: count).span.bytes, to: name)
        }
        try writer.finish()
    }

    @Test("What was written agrees with its checksums")
    func agrees() throws {
        let directory = try TemporaryDirectory()
        try write(to: directory.path + "a.safetensors")
        let reader = try openCheckpoint(at: directory.path + "a.safetensors")
        #expect(reader.hasChecksums)
        try reader.verifyChecksums()
    }

    @Test("A changed byte is found, and its tensor named")
    func differs() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "a.safetensors"
        try write(to: path)
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[bytes.count - 6] ^= 1
        try directory.write(bytes, to: "a.safetensors")
        let error = #expect(throws: CheckpointError.self) {
            try openCheckpoint(at: path).verifyChecksums()
        }
        #expect(error?.kind == .checksumMismatch)
        #expect(error?.detail.contains("1 of 3 tensors") == true)
        #expect(error?.detail.hasSuffix("plain") == true)
    }

    @Test("A tensor without a checksum is as bad as a wrong one")
    func missing() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "a.safetensors"
        try write(to: path)
        try directory.write([], to: "a.safetensors.sha256")
        let error = #expect(throws: CheckpointError.self) {
            try openCheckpoint(at: path).verifyChecksums()
        }
        #expect(error?.detail.contains("3 of 3 tensors") == true)
    }

    @Test(
        "A file of checksums that is none is refused with the place",
        arguments: ["x", String(repeating: "g", count: 64) + "  plain", "\u{0}"]
    )
    func malformed(text: String) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "a.safetensors"
        try write(to: path)
        try directory.write(Array(text.utf8), to: "a.safetensors.sha256")
        let error = #expect(throws: CheckpointError.self) {
            try openCheckpoint(at: path).verifyChecksums()
        }
        #expect(error?.kind == .malformed)
        #expect(error?.offset == 0)
    }

    @Test("Without a file of checksums there is nothing to compare, and that is told")
    func absent() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "a.safetensors"
        try write(to: path)
        try FileManager.default.removeItem(atPath: path + ".sha256")
        let reader = try openCheckpoint(at: path)
        #expect(!reader.hasChecksums)
        try reader.verifyChecksums()
    }
}
