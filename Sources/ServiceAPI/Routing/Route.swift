internal import HTTPWire
internal import Keys

/// What a path stands for.
enum Route: Hashable {
    case interleave
    case chatCompletions
    case imageGenerations
    case imageEdits
    case score
    case tokenize
    case detokenize
    case models
    case model(String)
    case liveness
    case readiness
    case openAPI
    case openAPIAsJSON
    /// A file of the page in the browser.
    case page(PageFile)
    case metrics
    case engine
    /// A request that outlives its connection, by the name of its answer.
    case job(String)
    /// Its events.
    case jobEvents(String)
    /// The end of a request, by its name.
    case ending(String)
    /// Which methods there are; of a path, or of the server as a whole.
    case options([Method])

    /// Finds the route of a request.
    ///
    /// - Throws: ``ErrorResponse`` with 404, or with 405 and the methods that there are.
    init(_ head: RequestHead) throws(ErrorResponse) {
        if head.path == "*" {
            // RFC 9110 §9.3.7: the server as a whole.
            self = .options(Self.allMethods)
            return
        }
        guard let route = Self.find(head.path) else {
            throw ErrorResponse(.notFound, code: "not_found", "there is nothing at this path")
        }
        if head.method == .options {
            self = .options(route.methods)
            return
        }
        guard route.methods.contains(head.method) else {
            let methods = route.methods.map(\.rawValue).joined(separator: ", ")
            var error = ErrorResponse(
                .methodNotAllowed,
                code: "method_not_allowed",
                "this path takes \(methods)"
            )
            error.fields["allow"] = Self.allow(route.methods)
            throw error
        }
        if case .job(let name) = route, head.method == .delete {
            self = .ending(name)
        } else {
            self = route
        }
    }

    private static let allMethods: [Method] = [.get, .head, .post, .delete]

    /// The value of the Allow field.
    static func allow(_ methods: [Method]) -> String {
        (methods + [.options]).map(\.rawValue).joined(separator: ", ")
    }

    private static func find(_ path: String) -> Route? {
        switch path {
        case "/v1/interleave": return .interleave
        case "/v1/chat/completions": return .chatCompletions
        case "/v1/images/generations": return .imageGenerations
        case "/v1/images/edits": return .imageEdits
        case "/v1/score": return .score
        case "/v1/tokenize": return .tokenize
        case "/v1/detokenize": return .detokenize
        case "/v1/models": return .models
        case "/livez": return .liveness
        case "/readyz", "/health": return .readiness
        case "/openapi.yaml": return .openAPI
        case "/openapi.json": return .openAPIAsJSON
        case "/metrics": return .metrics
        case "/v1/engine": return .engine
        default:
            return PageFile.all[path].map { .page($0) }
                ?? name(path, after: "/v1/models/").map { .model($0) }
                ?? name(path, after: "/v1/interleave/", before: "/events").map { .jobEvents($0) }
                ?? name(path, after: "/v1/interleave/").map { .job($0) }
        }
    }

    private static func name(
        _ path: String,
        after prefix: String,
        before suffix: String = ""
    ) -> String? {
        guard path.hasPrefix(prefix), path.hasSuffix(suffix),
            path.utf8.count > prefix.utf8.count + suffix.utf8.count
        else { return nil }
        return percentDecoded(path.dropFirst(prefix.count).dropLast(suffix.count))
    }

    /// The methods that the path takes.
    var methods: [Method] {
        switch self {
        case .job, .ending: [.get, .head, .delete]
        // Nothing of a stream can be told before it is there.
        case .jobEvents: [.get]
        case .options(let methods): methods
        default: takesDocument ? [.post] : [.get, .head]
        }
    }

    /// Whether a request brings a document.
    var takesDocument: Bool {
        switch self {
        case .interleave, .chatCompletions, .imageGenerations, .imageEdits, .score, .tokenize,
            .detokenize:
            true
        default: false
        }
    }

    /// Whether it can be answered only with the model in memory.
    var needsModel: Bool {
        switch self {
        case .liveness, .readiness, .openAPI, .openAPIAsJSON, .page, .metrics, .engine, .job,
            .jobEvents, .ending, .options:
            false
        default: true
        }
    }

    /// What a route gives, and so who may use it.
    enum Access {
        /// Whether the process lives: supervisors, who must get an answer where others do not.
        case probe
        /// What is the same for everybody, the page in the browser and the contract, which is asked for before anybody could
        /// give a key.
        case open
        /// What the service is and knows: contract, models, tokens.
        case read
        /// The model's work, and its end.
        case generate
        /// What goes on inside, all clients together.
        case admin
    }

    /// What the route gives.
    var access: Access {
        switch self {
        case .liveness, .readiness: .probe
        case .page, .openAPI, .openAPIAsJSON, .options: .open
        case .models, .model, .tokenize, .detokenize, .engine, .job, .jobEvents: .read
        case .interleave, .chatCompletions, .imageGenerations, .imageEdits, .score, .ending:
            .generate
        case .metrics: .admin
        }
    }

    /// The rights of which one is enough.
    ///
    /// Everybody may see and end requests of their own; who has the right `admin`, those of others.
    var rights: [KeyRight] {
        switch self {
        case .ending: [.generate, .admin]
        case .engine: [.read, .admin]
        default:
            switch access {
            case .probe, .open: []
            case .read: [.read]
            case .generate: [.generate]
            case .admin: [.admin]
            }
        }
    }

    /// Whether the model computes for it, so that nobody should when the client has closed its sending side.
    var isComputed: Bool { access == .generate && takesDocument }

    /// How requests of a path are counted and told.
    struct Kind {
        /// The path as the contract writes it, which clients cannot make up.
        let label: String
        /// Whether supervisors, dashboards and browsers ask it so often that nobody wants to read of it.
        let isPolled: Bool
        /// Whether the model computes for it.
        let isComputed: Bool
    }

    /// How requests of a path are counted and told.
    static func kind(of path: String) -> Kind {
        guard let route = find(path) else {
            return Kind(label: unknownLabel, isPolled: false, isComputed: false)
        }
        let label =
            switch route {
            case .model: "/v1/models/{id}"
            case .job, .ending: "/v1/interleave/{id}"
            case .jobEvents: "/v1/interleave/{id}/events"
            default: path
            }
        let isPolled =
            switch route {
            case .liveness, .readiness, .page, .metrics, .engine, .job: true
            default: false
            }
        return Kind(label: label, isPolled: isPolled, isComputed: route.isComputed)
    }

    /// The label of requests whose path is none of ours, or was never understood.
    static let unknownLabel = "other"
}
