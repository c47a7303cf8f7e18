/// Ends a sentence about an unknown name with a known one that may be meant.
///
/// - Parameters:
///   - name: What was given.
///   - known: What could have been given.
/// - Returns: `; did you mean "port"?`, or nothing if no name is near.
func suggestion(for name: String, among known: some Sequence<String>) -> String {
    // Nobody mistypes a name of that length into one of ours, and the work grows with it.
    guard name.utf8.count <= 64 else { return "" }
    let near = known.map { (name: $0, distance: editDistance(name, $0)) }
        .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let near, near.distance <= max(2, name.count / 4) else { return "" }
    return "; did you mean \"\(near.name)\"?"
}

/// Insertions, deletions and replacements that make one text of another.
///
/// - Source: Wagner and Fischer, "The string-to-string correction problem", 1974.
private func editDistance(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first.utf8), Array(second.utf8))
    var row = Array(0...second.count)
    for (index, byte) in first.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for column in second.indices {
            let replaced = diagonal + (byte == second[column] ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
        }
    }
    return row[second.count]
}
