import ArgumentParser
import Engine
import Files
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
        let bytes = try File.read(path, maximumByteCount: limits.maximumBodyByteCount)
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
            throw CommandError("\(path): \(error)")
        }
    }
}
