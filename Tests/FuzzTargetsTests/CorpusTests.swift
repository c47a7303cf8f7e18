import Foundation
import FuzzTargets
import Testing

/// Inputs that were made for a target, or found by fuzzing it.
///
/// One after the other: targets that read files share theirs, as a fuzzer runs one input at a time.
@Suite("Inputs kept from fuzzing", .serialized)
struct CorpusTests {
    @Test("Every input is taken or refused", arguments: FuzzTarget.all.map(\.name))
    func isTakenOrRefused(_ name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let folder = Bundle.module.bundleURL.appendingPathComponent("Corpus/\(name)")
        let inputs = try FileManager.default.contentsOfDirectory(
            at: folder,
            includingPropertiesForKeys: nil
        )
        #expect(!inputs.isEmpty)
        for input in inputs { target.run([UInt8](try Data(contentsOf: input))) }
    }
}
