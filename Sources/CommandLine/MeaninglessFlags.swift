import ArgumentParser

/// Refuses flags that have no say beside others: silence would let somebody believe that they had.
///
/// - Parameters:
///   - flags: Names and values, nil for what was not given.
///   - reason: Why they have no say, such as `goes without --url`.
/// - Throws: `ValidationError` that names the first that was given.
func refuse(_ flags: KeyValuePairs<String, Any?>, _ reason: String) throws {
    for (name, value) in flags {
        switch value {
        case nil, false as Bool: continue
        default: throw ValidationError("\(name) \(reason)")
        }
    }
}
