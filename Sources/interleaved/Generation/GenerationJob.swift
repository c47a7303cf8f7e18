import ArgumentParser
import Engine
import Foundation
import MMInterleaved
import ServiceAPI

/// One answer to compute, and the name of its files.
struct GenerationJob {
    /// Folder below the output directory; nil for the directory itself.
    let name: String?
    /// What to compute.
    let call: InterleaveCall

    /// Reads a file with one document as `POST /v1/interleave` takes it; `-` is standard input.
    static func request(
        path: String,
        configuration: ModelConfiguration
    ) throws -> GenerationJob {
        let limits = Limits()
        let bytes = try readBounded(path, maximumByteCount: limits.maximumBodyByteCount)
        do {
            var call = try InterleaveCall(
                decoding: bytes,
                configuration: configuration,
                limits: limits
            )
            // Nobody waits at the other end of a connection.
            call.request.timeout = nil
            return GenerationJob(name: nil, call: call)
        } catch {
            throw ValidationError("\(path): \(error)")
        }
    }
}

/// Reads a file, or standard input if the path is `-`.
func readBounded(_ path: String, maximumByteCount: Int) throws -> [UInt8] {
    let data: Data
    do {
        let handle =
            try path == "-"
            ? FileHandle.standardInput : FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        data = try handle.read(upToCount: maximumByteCount + 1) ?? Data()
    } catch {
        throw ValidationError("\(path): cannot be read")
    }
    guard data.count <= maximumByteCount else {
        throw ValidationError("\(path): is larger than \(maximumByteCount) bytes")
    }
    return [UInt8](data)
}
