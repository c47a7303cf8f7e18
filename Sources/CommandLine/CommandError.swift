/// What kept a command from its work: told in one line, with exit status 1.
///
/// Wrong usage is a `ValidationError` instead: told with the command's usage, exit status 64.
struct CommandError: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
