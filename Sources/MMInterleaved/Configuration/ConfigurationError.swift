/// A configuration that no model can have: names the field and the value.
package struct ConfigurationError: Error, Hashable, CustomStringConvertible {
    /// Path of the field, such as `language.num_attention_heads`.
    package let field: String
    /// What is wrong with its value.
    package let detail: String

    /// Describes a wrong value.
    package init(field: String, detail: String) {
        self.field = field
        self.detail = detail
    }

    package var description: String { "configuration: \(field): \(detail)" }

    /// Checks that a value lies in a range.
    static func check<Value: Comparable>(
        _ field: String,
        _ value: Value,
        in range: ClosedRange<Value>
    ) throws(ConfigurationError) {
        guard range.contains(value) else {
            throw ConfigurationError(
                field: field,
                detail: "\(value) is not between \(range.lowerBound) and \(range.upperBound)"
            )
        }
    }

    /// Checks that one value divides another.
    static func check(
        _ field: String,
        _ value: Int,
        divides other: Int,
        _ otherField: String
    ) throws(ConfigurationError) {
        guard value > 0 && other % value == 0 else {
            throw ConfigurationError(
                field: field,
                detail: "\(value) does not divide \(otherField) (\(other))"
            )
        }
    }
}
