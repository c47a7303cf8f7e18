import ArgumentParser
import Files
import Simulation

/// Mixes and traces of requests as the command line names them.
enum ArrivalInput {
    /// The mix that counts if none is given.
    static let defaultMix = "caption=6,picture=2,interleave=1"

    /// Reads the value of `--mix`.
    ///
    /// - Throws: `ValidationError`.
    static func mix(_ text: String?) throws -> RequestMix {
        do throws(TraceError) {
            return try RequestMix(text ?? defaultMix)
        } catch {
            throw ValidationError("--mix: \(error.detail)")
        }
    }

    /// Reads the file of `--trace`.
    ///
    /// - Throws: `FileError`, or ``CommandError`` that names the line at fault.
    static func trace(path: String) throws -> ArrivalTrace {
        let text = try File.readText(
            path,
            maximumByteCount: ArrivalTrace.maximumByteCount,
            mayBePipe: true
        )
        do throws(TraceError) {
            return try ArrivalTrace(text: text)
        } catch {
            throw CommandError("\(path):\(error.line): \(error.detail)")
        }
    }
}
