/// Whether a variable is one that Kubernetes sets in a container for a Service of its namespace, or Docker for a
/// linked container, here one whose name begins with that of this program: such as `INTERLEAVED_SERVICE_HOST`,
/// `INTERLEAVED_SERVICE_PORT_HTTP`, `INTERLEAVED_PORT=tcp://10.0.0.1:8080`, `INTERLEAVED_PORT_8080_TCP_ADDR`;
/// `INTERLEAVED_NAME=/web/interleaved`, `INTERLEAVED_ENV_LANG` of links.
///
/// Source: Kubernetes, "Service: environment variables"; Docker, "Legacy container links: environment variables".
func isServiceLink(_ name: String, _ text: String) -> Bool {
    let words = name.split(separator: "_", omittingEmptySubsequences: false)
    let protocols: [Substring] = ["TCP", "UDP", "SCTP"]
    for (index, word) in words.enumerated().dropFirst() {
        let rest = words[(index + 1)...]
        switch word {
        case "SERVICE" where rest.first == "HOST" && rest.count == 1: return true
        case "SERVICE" where rest.first == "PORT": return true
        case "NAME" where rest.isEmpty: return text.hasPrefix("/")
        case "ENV" where !rest.isEmpty: return true
        case "PORT" where rest.isEmpty:
            return protocols.contains { text.hasPrefix($0.lowercased() + "://") }
        case "PORT" where rest.count >= 2:
            let number = rest[rest.startIndex]
            if number.allSatisfy(\.isNumber), protocols.contains(rest[rest.startIndex + 1]) {
                return true
            }
        default: break
        }
    }
    return false
}
