import Checkpoints
import Foundation
import TestSupport

/// Path of a file in `Fixtures`.
func fixturePath(_ name: String) throws -> String {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)")
    guard FileManager.default.fileExists(atPath: url.path) else {
        throw CocoaError(.fileNoSuchFile)
    }
    return url.path
}

/// Bytes of a file in `Fixtures`.
func fixtureBytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: try fixturePath(name))))
}

/// A safetensors file of the given header text and data.
func safetensorsBytes(header: String, data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
    littleEndian(length ?? UInt64(header.utf8.count)) + Array(header.utf8) + data
}

/// The bytes of floats in memory order.
func littleEndian(_ values: [Float]) -> [UInt8] {
    values.flatMap { littleEndian($0.bitPattern) }
}

extension CheckpointReader {
    /// A copy of a tensor's bytes.
    func bytes(of name: String) throws -> [UInt8] {
        try withBytes(of: name) { span in unsafe span.withUnsafeBytes { unsafe [UInt8]($0) } }
    }

    /// A tensor's bytes as floats.
    func floats(of name: String) throws -> [Float] {
        let bytes = try bytes(of: name)
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            let bits = (0..<4).reduce(UInt32(0)) {
                $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1))
            }
            return Float(bitPattern: bits)
        }
    }
}

/// The error of opening bytes as a checkpoint file, nil if they open.
func openingError(_ bytes: [UInt8]) throws -> CheckpointError? {
    let directory = try TemporaryDirectory()
    let path = try directory.write(bytes, to: "file")
    do throws(CheckpointError) {
        _ = try openCheckpoint(at: path)
        return nil
    } catch {
        return error
    }
}
