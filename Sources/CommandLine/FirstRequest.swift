/// What somebody who has just started a daemon can copy and see.
enum FirstRequest {
    /// Makes a shell command that has a daemon draw a picture, and writes it to a file.
    ///
    /// - Parameters:
    ///   - address: Of the daemon, such as `http://127.0.0.1:8080` or `unix:/run/interleaved.sock`.
    ///   - asksForKey: Whether the daemon wants a key, which whoever copies the command puts in.
    /// - Returns: One line that needs curl and nothing else that a Debian system lacks.
    static func command(_ address: String, asksForKey: Bool = false) -> String {
        let key = asksForKey ? "-H 'Authorization: Bearer KEY' " : ""
        let request =
            #"{"input":[{"type":"text","text":"\#(words)"}],"mode":"image","seed":1}"#
        return """
            curl -s \(target(address))/v1/interleave \(key)-H 'Content-Type: application/json' -d '\(request)' \
            | sed 's/.*base64,//; s/".*//' | base64 -d > picture.png
            """
    }

    /// What curl is given before the path.
    private static func target(_ address: String) -> String {
        let prefix = "unix:"
        guard address.hasPrefix(prefix) else { return address }
        let path = address.dropFirst(prefix.count).replacing("'", with: #"'\''"#)
        return "--unix-socket '\(path)' http://localhost"
    }

    /// Of the world that nano knows; any other model has seen such words too.
    private static let words = "a small red square at the center on a dark background"
}
