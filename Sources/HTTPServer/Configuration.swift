package import HTTPWire
package import Sockets

extension HTTPServer {
    /// Where the server listens and what it puts up with.
    package struct Configuration: Sendable {
        /// Where to listen: numeric addresses, `localhost` for both families, `unix:` and a path.
        ///
        /// `::` takes both families unless `0.0.0.0` stands beside it.
        package var hosts = ["127.0.0.1"]
        /// Port to listen on; 0 lets the system choose, see ``HTTPServer/port``.
        package var port: UInt16 = 8080
        /// Sockets that listen already, by their descriptors: where there are any, ``hosts`` and ``port`` are theirs and
        /// nothing else is listened on.
        package var inheritedSockets: [Int32] = []
        /// Who may connect to UNIX sockets, as permission bits of their files.
        package var socketFileMode: UInt32 = 0o660
        /// Whose their files become; nil leaves them to the process.
        package var socketFileOwner: FileOwner?
        /// Proxies that are believed when they say for whom they ask.
        package var trustedProxies: [AddressRange] = []
        /// In which field they say it.
        package var forwardingField = ForwardingField.xForwardedFor
        /// How many connections the system keeps waiting until they are accepted.
        package var backlog: Int32 = 1024
        /// Connections served at once.
        ///
        /// Those beyond are asked what they want, see ``spareConnectionCount``.
        package var maximumConnectionCount = 1024
        /// Connections of one client served at once: of an IPv4 address, or of a network of IPv6 (64 bits).
        ///
        /// Clients on this machine and trusted proxies may have any number.
        package var maximumClientConnectionCount = 256
        /// Connections beyond the maximum that are asked what they want: probes are answered, all others get 503.
        ///
        /// As many again may be on their way out.
        package var spareConnectionCount = 64
        /// Serial queues that share the connections; two per core served best in measurements of the design.
        package var ioQueueCount = 4
        /// Limits on heads, and on bodies whose route sets no limit of its own.
        package var limits = RequestLimits()
        /// Bytes that the bodies of all connections share, from their arrival until the handler has done with them.
        package var bodyByteBudget = 256 * 1024 * 1024
        /// As many of them as one client may have: an IPv4 address, or a network of IPv6 (64 bits).
        ///
        /// Clients on this machine and trusted proxies, who do not say for whom they ask, may have any number.
        package var clientBodyByteBudget = 128 * 1024 * 1024
        /// Bytes of answers, over all connections, that may wait for their clients to read.
        package var answerByteBudget = 256 * 1024 * 1024
        /// Largest body that is read and thrown away to keep the connection of a rejected request.
        package var maximumSkippedBodyByteCount = 64 * 1024
        /// Bytes of pipelined requests kept while an earlier one is being answered.
        package var maximumPipelinedByteCount = 64 * 1024
        /// Bytes of an unfinished response above which ``ResponseWriter/write(_:)`` refuses more.
        package var responseHighWaterMark = 256 * 1024
        /// Bytes that the system keeps of a response that its client does not read; nil for the system's
        /// own choice, which grows to megabytes.
        package var sendBufferByteCount: Int32?
        /// Longest silence between two requests of a connection.
        package var idleTimeout = Duration.seconds(75)
        /// Longest time from a request's first byte, or from the connection's beginning, to the end of its head.
        package var headTimeout = Duration.seconds(15)
        /// Longest time that a client beyond the maximum of connections gets for its head.
        package var spareHeadTimeout = Duration.seconds(2)
        /// Longest silence within a body.
        package var bodyTimeout = Duration.seconds(30)
        /// Least average rate of a body, in bytes per second; 0 for none.
        package var minimumBodyByteRate = 1024
        /// Least average rate, in bytes per second, at which a client takes what waits to be sent; 0 for none.
        package var minimumAnswerByteRate = 1024
        /// Time that bodies and answers get before their rate counts.
        package var rateGrace = Duration.seconds(10)
        /// Longest time in which a client takes not a single byte of its response.
        package var writeStallTimeout = Duration.seconds(30)
        /// Longest wait for a client to close after it was told to, so that it can read the answer (RFC 9112 §9.6).
        package var lingerTimeout = Duration.seconds(2)
        /// Longest wait for requests in progress when the server stops.
        package var drainLimit = Duration.seconds(30)
        /// How often deadlines are looked at: what they may be late by.
        package var deadlineResolution = Duration.milliseconds(250)
        /// Value of the Server field; nil leaves it out.
        package var serverName: String? = "interleaved"

        /// The defaults.
        package init() {}

        /// Checks what the types cannot say.
        ///
        /// - Throws: ``ConfigurationError`` naming the first value at fault.
        package func validate() throws(ConfigurationError) {
            let counts = [
                ("backlog", Int(backlog)), ("maximumConnectionCount", maximumConnectionCount),
                ("maximumClientConnectionCount", maximumClientConnectionCount),
                ("spareConnectionCount", spareConnectionCount),
                ("ioQueueCount", ioQueueCount), ("hosts", hosts.count),
                ("bodyByteBudget", bodyByteBudget), ("clientBodyByteBudget", clientBodyByteBudget),
                ("answerByteBudget", answerByteBudget),
                ("maximumPipelinedByteCount", maximumPipelinedByteCount),
                ("responseHighWaterMark", responseHighWaterMark),
                ("limits.maximumTargetByteCount", limits.maximumTargetByteCount),
                ("limits.maximumFieldByteCount", limits.maximumFieldByteCount),
                ("limits.maximumFieldCount", limits.maximumFieldCount),
            ]
            for (name, value) in counts where value < 1 {
                throw ConfigurationError(name: name, detail: "\(value) is not positive")
            }
            let amounts = [
                ("limits.maximumBodyByteCount", limits.maximumBodyByteCount),
                ("maximumSkippedBodyByteCount", maximumSkippedBodyByteCount),
                ("minimumBodyByteRate", minimumBodyByteRate),
                ("minimumAnswerByteRate", minimumAnswerByteRate),
            ]
            for (name, value) in amounts where value < 0 {
                throw ConfigurationError(name: name, detail: "\(value) is negative")
            }
            let durations = [
                ("idleTimeout", idleTimeout), ("headTimeout", headTimeout),
                ("bodyTimeout", bodyTimeout), ("writeStallTimeout", writeStallTimeout),
                ("lingerTimeout", lingerTimeout), ("drainLimit", drainLimit),
                ("spareHeadTimeout", spareHeadTimeout), ("rateGrace", rateGrace),
                ("deadlineResolution", deadlineResolution),
            ]
            for (name, value) in durations where value <= .zero {
                throw ConfigurationError(name: name, detail: "\(value) is not positive")
            }
            if let serverName {
                var ignored: [UInt8] = []
                do throws(ResponseEncodingError) {
                    let field = HeaderFields.Field(name: "server", value: serverName)
                    try ResponseEncoder.appendField(field, to: &ignored)
                } catch {
                    throw ConfigurationError(name: "serverName", detail: "has control characters")
                }
            }
        }
    }

    /// A configuration value that makes no sense.
    package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
        /// The property.
        package let name: String
        /// What is wrong with its value.
        package let detail: String

        package var description: String { "\(name): \(detail)" }
    }
}

// Descriptors are shared by connections, those that are one too many, and the process itself.
extension HTTPServer.Configuration {
    /// Descriptors that are no connections, at least: files, queues, listening sockets, pipes of the process.
    private static let leastOwnDescriptorCount = 32
    /// As many as are kept for them where there are enough.
    private static let ownDescriptorCount = 128

    /// The fewest descriptors with which one connection and probes beside it are served.
    package static let leastDescriptorCount = leastOwnDescriptorCount + 3

    /// The descriptors that so many connections need.
    package var descriptorCount: Int {
        Self.ownDescriptorCount + maximumConnectionCount + 2 * spareConnectionCount
    }

    /// Lowers the numbers of connections to what so many descriptors allow, at least ``leastDescriptorCount``.
    ///
    /// - Returns: Whether there are fewer places than before.
    package mutating func fitConnections(toDescriptorCount limit: Int) -> Bool {
        let own = min(max(limit / 8, Self.leastOwnDescriptorCount), Self.ownDescriptorCount)
        let available = limit - own
        spareConnectionCount = min(spareConnectionCount, max(1, available / 4))
        let fitting = max(1, available - 2 * spareConnectionCount)
        guard fitting < maximumConnectionCount else { return false }
        maximumConnectionCount = fitting
        return true
    }
}
