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
    /// The images in the order of their positions.
    package private(set) var images: [SynchronizerValues] = []
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
    package var visibleImages: Range<Int> { hiddenImageCount..<images.count }

    /// Adds an image: its own positions are the first to see it.
    func append(_ image: SynchronizerValues) {
        images.append(image)
    }

    /// A begin-of-sequence token hides all images before it.
    func hideImages() {
        hiddenImageCount = images.count
    }

    /// Takes over another sequence's state.
    package func copy(from other: LanguageSequence) {
        cache.copy(from: other.cache)
        hidden.rows(0..<other.count).copy(from: other.hidden.rows(0..<other.count))
        images = other.images
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
    package let visible: [Range<Int>]

    /// Describes the rows of one sequence.
    package init(sequence: LanguageSequence, rows: Range<Int>, visible: [Range<Int>]) {
        precondition(visible.count == rows.count)
        self.sequence = sequence
        self.rows = rows
        self.visible = visible
    }
}
