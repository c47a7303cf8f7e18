/// Bounds on what a document may ask of its reader.
package struct JSONLimits: Hashable, Sendable {
    /// Deepest nesting of arrays and objects.
    package var maximumDepth = 64
    /// Most values (numbers, strings, arrays, ...).
    package var maximumValueCount = 1_000_000
    /// Longest key, in bytes that it stands for.
    package var maximumKeyByteCount = 64 * 1024
    /// Longest number, in characters.
    package var maximumNumberByteCount = 1024
    /// Longest string, in bytes that it stands for.
    package var maximumStringByteCount = Int.max
    /// Keys whose strings may be as long as the document.
    package var keysOfLongStrings: Set<String> = []

    /// The defaults above.
    package init() {}
}
