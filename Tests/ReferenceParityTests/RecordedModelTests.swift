import Foundation
import ReferenceImport
import ReferenceParity
import TestSupport
import Testing

/// Directory with a recorded model: `config.json`, `OUTPUT/`, `assets/`, `fixtures/`.
private let recordings = ProcessInfo.processInfo.environment["INTERLEAVED_ORACLE"].flatMap {
    $0.isEmpty ? nil : $0
}

@Suite("A recorded model")
struct RecordedModelTests {
    @Test(
        "Every stage of an imported release agrees with the reference's recordings",
        .enabled(
            if: recordings != nil,
            "INTERLEAVED_ORACLE does not name a directory with recordings"
        )
    )
    func parity() throws {
        let directory = try #require(recordings)
        let temporary = try TemporaryDirectory()
        let layout = ReferenceLayout(
            checkpoint: "\(directory)/OUTPUT/mm_interleaved_pretrain",
            assets: "\(directory)/assets",
            settings: try ReferenceSettings(path: "\(directory)/config.json")
        )
        let importer = ReferenceImporter(layout, format: nil, checksValues: true)
        _ = try importer.run(name: "recorded", output: temporary.path + "model") { _ in }
        let parity = try ReferenceParity(
            model: temporary.path + "model",
            fixtures: "\(directory)/fixtures"
        )
        let summary = parity.compare { _ in }
        #expect(summary.failures == [])
        #expect(summary.comparedCounts.allSatisfy { $0.count > 0 })
        #expect(summary.comparedCounts.count == 15)
    }
}
