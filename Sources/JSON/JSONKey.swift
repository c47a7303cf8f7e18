/// A text that equals another only if both have the same bytes.
///
/// Swift's own equality of strings follows Unicode normalisation: it takes an `é` in one character for one in
/// two, and the sign of Kelvin for a `K`. What comes from outside is never compared so.
package struct JSONKey: Hashable, Sendable {
    /// The text.
    package let text: String

    /// Wraps a text.
    package init(_ text: String) { self.text = text }

    package static func == (first: JSONKey, second: JSONKey) -> Bool {
        first.text.hasSameBytes(as: second.text)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
        hasher.combine(0xFF as UInt8)
    }
}

extension StringProtocol {
    /// Whether both texts consist of the same bytes.
    package func hasSameBytes(as other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}
