import Checkpoints
import Foundation
import Testing

@testable import MMInterleaved

@Suite("Names of tensors in model files")
struct TensorNamesTests {
    private static let shapes: [String] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Config/shapes").path
        // The test wants more of them than none.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().map { "\(folder)/\($0)" }
    }()

    /// A configuration whose model has the same parameters, some of them narrower: names depend on layers, not on widths.
    private func narrowed(_ file: String) throws -> ModelConfiguration {
        var configuration = try ModelDirectory.configuration(file: file)
        configuration.language.hiddenSize = 2 * configuration.language.headCount
        configuration.language.intermediateSize = 2
        configuration.imageDecoder.perceiver.encoderHiddenSize = configuration.language.hiddenSize
        let levels = configuration.imageDecoder.unet.blockChannels.count
        configuration.imageDecoder.unet.sampleSize = 1 << (levels - 1)
        return configuration
    }

    @Test("Every parameter of every shape has a name that fits, is its own and tells the parameter")
    func shapes() throws {
        #expect(Self.shapes.count >= 6)
        for file in Self.shapes {
            var shorts: Set<String> = []
            for parameter in try InterleavedModel.parameters(of: narrowed(file)) {
                let short = try #require(TensorNames.short(of: parameter.name))
                #expect(short.utf8.count <= GGUFWriter.maximumNameByteCount, "\(short)")
                #expect(shorts.insert(short).inserted, "\(short)")
                #expect(TensorNames.name(ofShort: short) == parameter.name)
            }
            #expect(shorts.count > 100)
        }
    }

    @Test("No short form is that of two parts, or a part itself")
    func table() {
        let shorts = TensorNames.abbreviations.map(\.short)
        let parts = TensorNames.abbreviations.map(\.part)
        #expect(Set(shorts).count == shorts.count && Set(parts).count == parts.count)
        #expect(Set(shorts).isDisjoint(with: parts))
        #expect(!(shorts + parts).contains { $0.contains(".") })
    }

    @Test("A name that could not be told from another's short form has none")
    func collisions() {
        #expect(TensorNames.short(of: "vis.weight") == nil)
        #expect(TensorNames.short(of: "visual_tokenizer.proj.weight") == "vis.proj.weight")
        #expect(TensorNames.short(of: "") == "")
    }
}
