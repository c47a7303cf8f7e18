/// Tensors of a release that a model does not get.
package struct LeftOut: Hashable, Sendable {
    /// Why, to be read after their names.
    package let reason: String
    /// Their names.
    package let names: [String]

    /// Tensors of the checkpoint by the reasons why they are left out, none without any.
    ///
    /// - Parameters:
    ///   - names: Of the checkpoint's tensors that are no parameters of the model.
    ///   - autoencoderNames: Of those in the assets' autoencoder.
    ///   - autoencoderPrefix: How the names of the checkpoint's own autoencoder begin.
    /// - Returns: Names with a reason each.
    static func groups(
        of names: [String],
        autoencoderNames: [String],
        autoencoderPrefix: String
    ) -> [LeftOut] {
        let (own, others) = names.split { $0.hasPrefix(autoencoderPrefix) }
        let (computed, rest) = others.split { name in
            ["inv_freq", "position_ids"].contains { name.hasSuffix(".\($0)") }
        }
        return [
            LeftOut(
                reason: "pictures are decoded with the assets' autoencoder, as the reference does",
                names: own
            ),
            LeftOut(
                reason: "that half of the assets' autoencoder reads pictures",
                names: autoencoderNames
            ),
            LeftOut(reason: "they follow from the sizes", names: computed),
            LeftOut(reason: "inference has no use for them", names: rest),
        ].filter { !$0.names.isEmpty }
    }
}

extension [String] {
    /// Those for which something holds, and the others.
    fileprivate func split(_ holds: (String) -> Bool) -> ([String], [String]) {
        (filter(holds), filter { !holds($0) })
    }
}
