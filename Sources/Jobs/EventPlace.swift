/// Where an event stands: in which epoch, and there at which place.
///
/// Within an epoch the same places have the same events however often they are computed. Another model or version has other
/// ones, in an epoch of its own.
package struct EventPlace: Hashable, Sendable, CustomStringConvertible {
    /// The epoch, from 1.
    package let epoch: Int
    /// The place there, from 0.
    package let number: Int

    /// A place.
    package init(epoch: Int, number: Int) {
        self.epoch = epoch
        self.number = number
    }

    /// Reads what `description` writes, or a number alone, which is one of the first epoch.
    ///
    /// - Parameter text: As a client sends it.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = parts.map { part -> Int? in
            // `Int` takes signs as well.
            part.utf8.allSatisfy { (0x30...0x39).contains($0) } && part.utf8.count <= 18
                ? Int(part) : nil
        }
        guard let last = numbers.last, let number = last else { return nil }
        guard numbers.count > 1 else {
            self.init(epoch: 1, number: number)
            return
        }
        guard let epoch = numbers[0], epoch > 0 else { return nil }
        self.init(epoch: epoch, number: number)
    }

    package var description: String { "\(epoch).\(number)" }
}
