/// What is kept of a request, so that it can be computed at any time, and gives the same answer each time.
package struct JobRequest: Hashable, Sendable {
    /// Whose it is.
    package struct Owner: Hashable, Sendable {
        /// Those who may ask for its answer; nil where there are no tenants.
        package let tenant: String?
        /// Name of the key that was sent; nil where none is asked for.
        package let key: String?

        /// An owner.
        package init(tenant: String?, key: String?) {
            self.tenant = tenant
            self.key = key
        }
    }

    /// What tells that a request is the same one, sent again.
    package struct Repetition: Hashable, Sendable {
        /// The name that the client gave the request.
        package let key: String
        /// A digest of its document: the same name for another one is a mistake.
        package let fingerprint: [UInt8]

        /// A name and a digest.
        package init(key: String, fingerprint: [UInt8]) {
            self.key = key
            self.fingerprint = fingerprint
        }
    }

    /// Name of the answer.
    package let id: String
    /// The name that the client and the log know the request by.
    package let requestName: String
    /// Whose it is.
    package let owner: Owner
    /// When it came, in seconds since 1970.
    package let created: Int
    /// Name of the model that was served then.
    package let model: String
    /// The document, as it came.
    package let body: [UInt8]
    /// Seed of all random numbers, whether the document names it or not.
    package let seed: UInt64
    /// Whether nobody waits for the answer: it is computed when there is room.
    package let isBackground: Bool
    /// How the client would ask for it again; nil if it would not.
    package let repetition: Repetition?

    /// A request.
    package init(
        id: String,
        requestName: String,
        owner: Owner,
        created: Int,
        model: String,
        body: [UInt8],
        seed: UInt64,
        isBackground: Bool,
        repetition: Repetition? = nil
    ) {
        self.id = id
        self.requestName = requestName
        self.owner = owner
        self.created = created
        self.model = model
        self.body = body
        self.seed = seed
        self.isBackground = isBackground
        self.repetition = repetition
    }
}
