/// How exactly objects stay where they were given: the best evidence of what synchronizers do, as no words tell it.
///
/// A drawing that knows only the cell has slope 0 and the offsets' own spread as its error; one that sees the picture
/// before has slope 1 and error 0.
package struct OffsetStatistics: Hashable, Sendable {
    private var offsets: [KeptOffset] = []

    /// Nothing was drawn yet.
    package init() {}

    /// Adds what an answer keeps.
    package mutating func add(_ kept: [KeptOffset]) { offsets += kept }

    /// Objects that stayed.
    package var count: Int { offsets.count }

    /// Of the line of drawn over given offsets, both coordinates together, by least squares; nil without any spread.
    package var slope: Double? {
        let pairs = offsets.flatMap { zip($0.given, $0.drawn) }
        guard !pairs.isEmpty else { return nil }
        let count = Double(pairs.count)
        let givenMean = pairs.reduce(0) { $0 + $1.0 } / count
        let drawnMean = pairs.reduce(0) { $0 + $1.1 } / count
        let spread = pairs.reduce(0) { $0 + ($1.0 - givenMean) * ($1.0 - givenMean) }
        guard spread > 0 else { return nil }
        return pairs.reduce(0) { $0 + ($1.0 - givenMean) * ($1.1 - drawnMean) } / spread
    }

    /// Mean distance from drawn to given, in pixels; nil without objects.
    package var meanError: Double? {
        guard !offsets.isEmpty else { return nil }
        let sum = offsets.reduce(0.0) { sum, offset in
            let squares = zip(offset.given, offset.drawn).map { ($0 - $1) * ($0 - $1) }
            return sum + squares.reduce(0, +).squareRoot()
        }
        return sum / Double(offsets.count)
    }
}
