import ArgumentParser

/// Refuses the value of a flag that lies outside of its range, in the words of ``SettingKind``.
///
/// - Parameters:
///   - flag: The flag.
///   - value: What was given; nil is in every range.
///   - range: What may be given.
/// - Throws: `ValidationError` that names all three.
func require<Value: Comparable>(
    _ flag: String,
    _ value: Value?,
    in range: ClosedRange<Value>
) throws(ValidationError) {
    guard let value, !range.contains(value) else { return }
    let reason = InvalidValue.outside("\(range.lowerBound)", "\(range.upperBound)")
    throw ValidationError("\(flag): \"\(value)\" \(reason.detail)")
}
