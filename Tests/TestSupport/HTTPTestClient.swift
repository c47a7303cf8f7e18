internal import Glibc

/// A response as a test client saw it.
package struct ReceivedResponse: Hashable, Sendable {
    /// The code of the status line.
    package var status = 0
    /// Names in lower case, in order.
    package var fields: [(name: String, value: String)] = []
    /// The body without its transfer coding.
    package var body: [UInt8] = []
    /// The sizes of the chunks, if it was chunked.
    package var chunkSizes: [Int] = []
    /// Whether the body came to its proper end.
    package var isComplete = false

    /// The value of the first field of a name in lower case.
    package subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }

    package static func == (first: Self, second: Self) -> Bool {
        first.status == second.status && first.body == second.body
            && first.fields.map(\.name) == second.fields.map(\.name)
            && first.fields.map(\.value) == second.fields.map(\.value)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(status)
        hasher.combine(body)
    }
}

/// Why a test client got no further.
package enum TestClientError: Error, Hashable {
    case cannotConnect(Int32)
    case timedOut
    case connectionClosed
    case malformed(String)
}

/// A small blocking HTTP/1.1 client that sends exactly the bytes it is told to, right or wrong.
///
/// Each call gives up after the client's time limit, so that a test which waits for something that never
/// comes fails instead of hanging. Not for use from several threads.
package final class HTTPTestClient {
    private let descriptor: Int32
    private var input: [UInt8] = []
    private var isClosed = false
    /// Whether the other end has closed or reset the connection, as far as reads have shown.
    package private(set) var hasEnded = false

    /// Connects to a server on this machine.
    ///
    /// - Parameters:
    ///   - port: Where the server listens.
    ///   - host: 127.0.0.1, `::1`, or `unix:` and a path.
    ///   - timeLimitSeconds: How long each call may take.
    ///   - receiveBufferByteCount: Size of the system's buffer, to be a slow reader with; nil leaves it.
    /// - Throws: ``TestClientError``.
    package init(
        port: UInt16 = 0,
        host: String = "127.0.0.1",
        timeLimitSeconds: Int = 10,
        receiveBufferByteCount: Int32? = nil
    ) throws {
        let path = host.hasPrefix("unix:") ? String(host.dropFirst(5)) : nil
        let family = path != nil ? AF_UNIX : host == "::1" ? AF_INET6 : AF_INET
        descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestClientError.cannotConnect(errno) }
        if var size = receiveBufferByteCount {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        var one: Int32 = 1
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        var limit = timeval(tv_sec: timeLimitSeconds, tv_usec: 0)
        let limitSize = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, limitSize)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, limitSize)
        let result: Int32
        if let path {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
                for (index, byte) in path.utf8.prefix(107).enumerated() {
                    unsafe bytes[index] = byte
                }
            }
            result = Self.connect(descriptor, &address)
        } else if family == AF_INET6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            result = Self.connect(descriptor, &address)
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
            result = Self.connect(descriptor, &address)
        }
        if result != 0 {
            let code = errno
            _ = Glibc.close(descriptor)
            isClosed = true
            throw TestClientError.cannotConnect(code)
        }
    }

    deinit {
        close()
    }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
        unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    // MARK: - Sending

    /// Sends bytes, waiting until the system has them all.
    ///
    /// - Returns: Whether it took them; false if the server has closed or does not read.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Sends text.
    @discardableResult
    package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Sends text and says in the same segment that nothing more will be sent.
    package func sendLast(_ text: String) {
        var one: Int32 = 1
        // Corked, the text waits for the end.
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CORK, &one, 4)
        send(text)
        shutdownSending()
    }

    /// Says that nothing more will be sent.
    package func shutdownSending() {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Closes the connection.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        _ = Glibc.close(descriptor)
    }

    // MARK: - Receiving

    /// Reads one response.
    ///
    /// - Parameter isHead: Whether it answers HEAD and so has no body whatever its fields say.
    /// - Returns: The response.
    /// - Throws: ``TestClientError``, also if the connection ends within the response.
    package func receiveResponse(isHead: Bool = false) throws -> ReceivedResponse {
        var response = ReceivedResponse()
        let statusLine = try receiveLine().split(separator: " ", maxSplits: 2)
        guard statusLine.count >= 2, statusLine[0] == "HTTP/1.1", let status = Int(statusLine[1])
        else { throw TestClientError.malformed("status line \(statusLine)") }
        response.status = status
        while true {
            let line = try receiveLine()
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: ":") else {
                throw TestClientError.malformed(line)
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            response.fields.append((line[..<colon].lowercased(), String(value)))
        }
        if isHead || status < 200 || status == 204 || status == 304 {
            response.isComplete = true
        } else if response["transfer-encoding"] == "chunked" {
            try receiveChunks(&response)
        } else if let length = response["content-length"].flatMap({ Int($0) }) {
            response.body = try receive(length)
            response.isComplete = true
        } else {
            response.body = try receiveToEnd()
            response.isComplete = true
        }
        return response
    }

    /// Sends text and reads one response.
    package func exchange(_ text: String) throws -> ReceivedResponse {
        try exchange(Array(text.utf8))
    }

    /// Sends bytes, such as a form with files, and reads the response.
    package func exchange(_ bytes: [UInt8]) throws -> ReceivedResponse {
        send(bytes)
        return try receiveResponse()
    }

    /// Everything up to the end of the connection, a reset counting as an end.
    package func receiveToEnd() throws -> [UInt8] {
        while try receiveMore() {}
        defer { input = [] }
        return input
    }

    /// Exactly so many bytes.
    package func receive(_ count: Int) throws -> [UInt8] {
        while input.count < count {
            guard try receiveMore() else { throw TestClientError.connectionClosed }
        }
        defer { input.removeFirst(count) }
        return Array(input.prefix(count))
    }

    /// Everything up to and with the first occurrence of some words, byte for byte.
    package func receive(through words: String) throws -> String {
        var received: [UInt8] = []
        // Not as text, where CR and LF are one character.
        while !received.suffix(words.utf8.count).elementsEqual(words.utf8) {
            received += try receive(1)
        }
        return String(decoding: received, as: UTF8.self)
    }

    private func receiveChunks(_ response: inout ReceivedResponse) throws {
        while true {
            guard let size = Int(try receiveLine(), radix: 16) else {
                throw TestClientError.malformed("chunk size")
            }
            if size > 0 {
                response.chunkSizes.append(size)
                response.body += try receive(size)
            }
            guard try receiveLine().isEmpty else { throw TestClientError.malformed("chunk end") }
            if size == 0 { break }
        }
        response.isComplete = true
    }

    private func receiveLine() throws -> String {
        var searched = 0
        while true {
            if let end = input[searched...].firstIndex(of: 0x0A) {
                guard end > 0, input[end - 1] == 0x0D else {
                    throw TestClientError.malformed("line end")
                }
                defer { input.removeFirst(end + 1) }
                return String(decoding: input[..<(end - 1)], as: UTF8.self)
            }
            searched = input.count
            guard try receiveMore() else { throw TestClientError.connectionClosed }
        }
    }

    /// Reads some bytes; false at the end of the connection.
    private func receiveMore() throws -> Bool {
        if hasEnded { return false }
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                input += buffer[..<count]
                return true
            }
            if count == 0 || errno == ECONNRESET || errno == EPIPE {
                hasEnded = true
                return false
            }
            if errno == EAGAIN { throw TestClientError.timedOut }
            if errno != EINTR { throw TestClientError.connectionClosed }
        }
    }
}
