package import Tensors

/// An image as the language model's synchronizers see it: its projected feature maps per layer.
package struct SynchronizerValues: Sendable {
    /// One matrix [Σ maps, value width] per layer that has a synchronizer.
    package let layers: [Matrix]
}

/// One sequence in the language model: what it has computed so far and which images it holds.
package final class LanguageSequence {
    /// Keys and values of the computed positions.
    package let cache: KeyValueCache
    /// Hidden states after the final norm of the computed positions, [capacity, hidden].
    package let hidden: Matrix
    /// Per layer with a synchronizer the images' values, in the order of the images' positions.
    private var imageValues: [[Matrix]] = []
    /// Number of images.
    package private(set) var imageCount = 0
    /// Images before the latest begin-of-sequence token, which later positions do not see.
    package private(set) var hiddenImageCount = 0

    /// Makes an empty sequence.
    package init(cache: KeyValueCache, hiddenSize: Int) {
        self.cache = cache
        hidden = Matrix(rows: cache.capacity, columns: hiddenSize)
    }

    /// Number of computed positions.
    package var count: Int { cache.count }

    /// The images that the next position sees.
    package var visibleImages: Range<Int> { hiddenImageCount..<imageCount }

    /// Adds an image: its own positions are the first to see it.
    func append(_ image: SynchronizerValues) {
        if imageValues.isEmpty { imageValues = image.layers.map { _ in [] } }
        for (layer, values) in image.layers.enumerated() { imageValues[layer].append(values) }
        imageCount += 1
    }

    /// The images' values for a layer's synchronizer, counted among those layers.
    func values(layer index: Int) -> [Matrix] {
        imageValues.isEmpty ? [] : imageValues[index]
    }

    /// A begin-of-sequence token hides all images before it.
    func hideImages() {
        hiddenImageCount = imageCount
    }

    /// Takes over another sequence's state.
    package func copy(from other: LanguageSequence) {
        cache.copy(from: other.cache)
        hidden.rows(0..<other.count).copy(from: other.hidden.rows(0..<other.count))
        imageValues = other.imageValues
        imageCount = other.imageCount
        hiddenImageCount = other.hiddenImageCount
    }
}

/// Consecutive rows of a language step that continue one sequence.
package struct LanguageSpan {
    /// The sequence that the rows continue.
    package let sequence: LanguageSequence
    /// Rows of the step.
    package let rows: Range<Int>
    /// The images that each of the rows sees.
    package let visible: ImageVisibility

    /// Describes the rows of one sequence.
    package init(sequence: LanguageSequence, rows: Range<Int>, visible: ImageVisibility) {
        self.sequence = sequence
        self.rows = rows
        self.visible = visible
    }
}
