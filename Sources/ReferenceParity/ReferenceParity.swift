internal import Engine
internal import MMInterleaved
internal import Tensors
internal import Tokenization

/// Compares a model's every stage with recordings of the reference implementation.
///
/// A directory of recordings has a `.json` manifest per kind, a `.safetensors` file where there are
/// tensors, and the pictures. Sizes and seeds are read from these, none is built in.
package struct ReferenceParity {
    private let subject: Subject
    private let fixtures: String

    /// How a comparison went.
    package struct Summary: Sendable {
        /// Number of comparisons of each kind, in the order of their run.
        package let comparedCounts: [(kind: String, count: Int)]
        /// `kind: name` of every comparison that does not hold.
        package let failures: [String]

        /// Whether something was compared and everything held.
        package var holds: Bool {
            failures.isEmpty && comparedCounts.contains { $0.count > 0 }
        }
    }

    /// Loads the model that was imported from the recorded one.
    ///
    /// - Parameters:
    ///   - model: Model directory.
    ///   - fixtures: Directory with the recordings.
    ///   - workerCount: Worker threads; 0 for one per processor.
    /// - Throws: what loading the model throws.
    package init(model: String, fixtures: String, workerCount: Int = 0) throws {
        let directory = try ModelDirectory(path: model)
        let loaded = try directory.load()
        let tokenizer = try Tokenizer(modelPath: directory.tokenizerPath)
        var configuration = Engine.Configuration()
        configuration.workerCount = workerCount
        subject = Subject(
            model: loaded,
            compute: Compute(workerCount: workerCount),
            tokenizer: tokenizer,
            engine: try Engine(loaded, tokenizer: tokenizer, configuration: configuration),
            fixtures: fixtures
        )
        self.fixtures = fixtures
    }

    /// Compares.
    ///
    /// - Parameters:
    ///   - kinds: Kinds of recordings to compare; empty for all.
    ///   - write: Gets a line for every comparison: largest absolute and relative error, normalised
    ///     mean squared error, tolerance, and whether it holds.
    /// - Returns: What was compared, and what does not hold.
    package func compare(
        kinds: [String] = [],
        write: @escaping (String) -> Void = { print($0) }
    ) -> Summary {
        let report = Report(write: write)
        for (kind, compare) in suites(report) where kinds.isEmpty || kinds.contains(kind) {
            report.begin(kind)
            do {
                guard let fixture = try Fixture(kind, in: fixtures) else {
                    report.skip(kind, "no recordings of this kind")
                    continue
                }
                try compare(fixture)
            } catch {
                report.fail(kind, "\(error)")
            }
        }
        for unknown in kinds where !report.comparedCounts.contains(where: { $0.kind == unknown }) {
            report.begin(unknown)
            report.fail(unknown, "there is no such kind")
        }
        report.finish()
        return Summary(comparedCounts: report.comparedCounts, failures: report.failures)
    }

    private func suites(_ report: Report) -> [(kind: String, compare: (Fixture) throws -> Void)] {
        [
            ("preprocess", PreprocessParity(report: report).run),
            ("tokenizer", TokenizerParity(subject: subject, report: report).run),
            ("rng", RandomParity(report: report).run),
            ("ops_posembed", PositionTableParity(report: report).run),
            ("ops_msdeform", DeformableParity(subject: subject, report: report).run),
            ("ops_mmfs", SynchronizerParity(subject: subject, report: report).run),
            ("vision", VisionParity(subject: subject, report: report).run),
            ("llm", LanguageParity(subject: subject, report: report).run),
            ("sampling", SamplingParity(subject: subject, report: report).run),
            ("text_generation", TextGenerationParity(subject: subject, report: report).run),
            ("scores", ScoreParity(subject: subject, report: report).run),
            ("update_texts", AnnotationSequenceParity(subject: subject, report: report).run),
            ("image_decoder", ImageDecoderParity(subject: subject, report: report).run),
            ("diffusion", DiffusionParity(subject: subject, report: report).run),
            ("interleaved_flow", AnnotationParity(subject: subject, report: report).run),
        ]
    }
}
