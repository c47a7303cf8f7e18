import Foundation
import ModelTestSupport
import TestSupport
import Testing

@testable import MMInterleaved

/// A place in a JSON document.
private enum Step: CustomStringConvertible {
    case key(String)
    case index(Int)

    var description: String {
        switch self {
        case .key(let key): key
        case .index(let index): "[\(index)]"
        }
    }
}

/// Any field of a configuration may hold anything: it is refused with its name, or used.
@Suite("Configurations from outside")
struct HostileConfigurationTests {
    /// Places of all values, the containers included.
    private func places(_ value: Any, _ path: [Step] = []) -> [[Step]] {
        var found = path.isEmpty ? [] : [path]
        if let object = value as? [String: Any] {
            for key in object.keys.sorted() {
                found += object[key].map { places($0, path + [.key(key)]) } ?? []
            }
        } else if let array = value as? [Any] {
            for (index, element) in array.enumerated() {
                found += places(element, path + [.index(index)])
            }
        }
        return found
    }

    private func replacing(_ value: Any, _ path: ArraySlice<Step>, by new: Any) -> Any {
        guard let step = path.first else { return new }
        switch step {
        case .key(let key):
            var object = value as? [String: Any] ?? [:]
            object[key] = replacing(object[key] ?? NSNull(), path.dropFirst(), by: new)
            return object
        case .index(let index):
            var array = value as? [Any] ?? []
            array[index] = replacing(array[index], path.dropFirst(), by: new)
            return array
        }
    }

    private static var extremes: [Any] {
        [
            0, -1, 1, 2, 3, 255, 65535, 65536, 1_000_000, 1 << 31, (1 << 31) - 1, 1 << 32, 1 << 53,
            1 << 62,
            Int.max, Int.min, UInt64.max, 0.5, -0.0, 1e-308, 1e38, 1e39, 1e308, NSNull(), true, "",
            "x",
            [Int](),
            [0], [-1], [1 << 62], [Int](repeating: 1, count: 10_000), [String: Any](),
        ]
    }

    @Test("No value of any field traps, hangs or takes memory without bound")
    func everyField() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "config.json"
        let original = try JSONSerialization.jsonObject(
            with: Data(ModelDirectory.encode(TinyModel.configuration))
        )
        let places = places(original)
        #expect(places.count > 80)
        let extremes = Self.extremes
        var refusedCount = 0
        for place in places {
            for value in extremes {
                let changed = replacing(original, place[...], by: value)
                try JSONSerialization.data(withJSONObject: changed)
                    .write(to: URL(fileURLWithPath: file))
                let configuration: ModelConfiguration
                do {
                    configuration = try ModelDirectory.configuration(file: file)
                } catch {
                    refusedCount += 1
                    let text = "\(error)"
                    #expect(text.hasPrefix(file), "\(text)")
                    #expect(
                        error is ModelConfigurationError || error is ModelDirectoryError,
                        "\(place) = \(value): \(text)"
                    )
                    continue
                }
                guard let value = value as? Int, value >= 255 else { continue }
                // What is possible can be measured against weights that are those of a small model.
                _ = try? InterleavedModel.parameters(
                    of: configuration,
                    maximumElementCount: 1 << 24
                )
                _ = EncodedImage.byteCount(of: configuration)
                _ = Drawing.byteCount(of: configuration)
                _ = KeyValuePool.byteCount(perBlockOf: configuration.language)
            }
        }
        #expect(refusedCount > places.count * extremes.count / 2)
    }

    @Test("An error names the file, the field and the range")
    func namesField() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "config.json"
        var configuration = TinyModel.configuration
        configuration.vision.headCount = 1 << 62
        try Data(ModelDirectory.encode(configuration)).write(to: URL(fileURLWithPath: file))
        let error = #expect(throws: ModelConfigurationError.self) {
            _ = try ModelDirectory.configuration(file: file)
        }
        #expect(
            error?.description
                == "\(file): vision_model.num_attention_heads: 4611686018427387904 is not between 1 and 16"
        )
    }
}
