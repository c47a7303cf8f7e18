package import Tensors

/// Which weights of a model get which format, by their names.
///
/// A profile decides; overrides decide otherwise for some names. What a format does not fit gets the next larger one.
package struct FormatPolicy: Hashable, Sendable {
    /// A choice for the whole model.
    package enum Profile: String, CaseIterable, Codable, Hashable, Sendable {
        /// Single precision, equal to the reference.
        case f32
        /// bfloat16 wherever a product has many inputs.
        case bf16
        /// Signed bytes for weights and inputs; bfloat16 where these cost too much: where points are chosen that are
        /// sampled, and in the autoencoder.
        case w8a8
        /// As `w8a8`, with weights of four bits in the layers of the language model.
        case w4a8
    }

    /// The choice for the whole model.
    package var profile: Profile
    /// Formats of parameters whose names begin or end so, the first that does counts.
    package var overrides: [Override]

    /// Another format for some parameters.
    package struct Override: Hashable, Sendable {
        /// How names begin or end.
        package let part: String
        /// Their format.
        package let format: WeightFormat

        /// Names of parameters, and their format.
        package init(_ part: String, _ format: WeightFormat) {
            self.part = part
            self.format = format
        }

        /// Reads `NAME=FORMAT`; nil if it is none.
        package init?(text: String) {
            guard let sign = text.lastIndex(of: "="), sign > text.startIndex,
                let format = WeightFormat(rawValue: String(text[text.index(after: sign)...]))
            else { return nil }
            self.init(String(text[..<sign]), format)
        }

        /// The override as `NAME=FORMAT`.
        package var text: String { "\(part)=\(format.rawValue)" }

        /// Whether the override is for a parameter of that name.
        package func concerns(_ name: String) -> Bool {
            name.hasPrefix(part) || name.hasSuffix(part)
        }
    }

    /// A profile and what differs from it.
    package init(_ profile: Profile, overrides: [Override] = []) {
        self.profile = profile
        self.overrides = overrides
    }

    /// How keys and values of the language model are stored.
    package var keyValueFormat: KeyValueFormat {
        switch profile {
        case .f32, .bf16: .f32
        case .w8a8, .w4a8: .int8
        }
    }

    /// Everything in single precision.
    package static let f32 = FormatPolicy(.f32)

    /// The format of a parameter that is the weight of a layer.
    ///
    /// - Parameters:
    ///   - name: Of the parameter.
    ///   - inputs: Inputs of a pixel.
    ///   - window: Pixels of a convolution's window; 1 for a linear layer.
    /// - Returns: What the policy wants, or the smallest larger format that fits.
    package func format(of name: String, inputs: Int, window: Int = 1) -> WeightFormat {
        let chosen =
            overrides.first { $0.concerns(name) }?.format
            ?? profile.format(of: name)
        let larger: [WeightFormat] = [chosen, .int8, .bf16, .f32]
        let start = chosen == .f32 ? 3 : chosen == .bf16 ? 2 : 0
        return larger[start...].first { $0.fits(inputs: inputs, window: window) } ?? .f32
    }
}

extension FormatPolicy.Profile {
    fileprivate func format(of name: String) -> WeightFormat {
        switch self {
        case .f32: .f32
        case .bf16: .bf16
        case .w8a8: Self.isSensitive(name) ? .bf16 : .int8
        case .w4a8:
            Self.isSensitive(name) ? .bf16 : name.hasPrefix("mm_decoder.layers.") ? .int4 : .int8
        }
    }

    /// Whether rounding to bytes is seen in answers.
    private static func isSensitive(_ name: String) -> Bool {
        name.contains("sampling_offsets") || name.contains("attention_weights")
            || name.contains(".vae.")
    }
}
