/// A configuration that no model can have: names the field and the value.
package struct ModelConfigurationError: Error, Hashable, CustomStringConvertible {
    /// Path of the field, such as `language.num_attention_heads`.
    package let field: String
    /// What is wrong with its value.
    package let detail: String
    /// Path of the file that has it, if it comes from one.
    package var file: String?

    /// Describes a wrong value.
    package init(field: String, detail: String) {
        self.field = field
        self.detail = detail
    }

    package var description: String { "\(file ?? "configuration"): \(field): \(detail)" }

    /// Checks that a value lies in a range.
    static func check<Value: Comparable>(
        _ field: String,
        _ value: Value,
        in range: ClosedRange<Value>
    ) throws(ModelConfigurationError) {
        guard range.contains(value) else {
            throw ModelConfigurationError(
                field: field,
                detail: "\(value) is not between \(range.lowerBound) and \(range.upperBound)"
            )
        }
    }

    /// Checks that a product is not too large to be held.
    ///
    /// - Parameters:
    ///   - field: Path of the field.
    ///   - factors: Positive, each small enough that it fits a number by itself.
    ///   - maximum: Largest product.
    ///   - meaning: What is counted, for the error.
    /// - Throws: ``ModelConfigurationError`` if it is.
    static func check(
        _ field: String,
        product factors: [Int],
        atMost maximum: Int,
        _ meaning: String
    ) throws(ModelConfigurationError) {
        var product = 1
        for factor in factors {
            let (next, overflows) = product.multipliedReportingOverflow(by: factor)
            guard !overflows, next <= maximum else {
                let values = factors.map { "\($0)" }.joined(separator: " x ")
                throw ModelConfigurationError(
                    field: field,
                    detail: "\(values) \(meaning) are more than \(maximum)"
                )
            }
            product = next
        }
    }

    /// Checks that one value, or a multiple of it, divides another.
    static func check(
        _ field: String,
        _ value: Int,
        times factor: Int = 1,
        divides other: Int,
        _ otherField: String
    ) throws(ModelConfigurationError) {
        try check(field, value, in: 1...max(1, other))
        guard other % (factor * value) == 0 else {
            throw ModelConfigurationError(
                field: field,
                detail: "\(factor == 1 ? "" : "\(factor) x ")\(value) does not divide "
                    + "\(otherField) (\(other))"
            )
        }
    }
}
