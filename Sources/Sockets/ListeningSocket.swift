internal import CLinux
internal import Glibc

/// A non-blocking socket that accepts connections.
package struct ListeningSocket: ~Copyable, Sendable {
    /// The open socket.
    package let descriptor: Descriptor
    /// Where it listens, with the port the system chose if 0 was asked for.
    package let address: SocketAddress
    /// The file of a UNIX socket, which goes with it.
    private let file: SocketFile?

    /// Listens on an address.
    ///
    /// SO_REUSEADDR lets a restarted daemon take its port back while old connections linger in TIME_WAIT. The file
    /// of a UNIX socket that nobody listens on any more is replaced.
    ///
    /// - Parameters:
    ///   - address: Where to listen; port 0 lets the system choose one.
    ///   - takesBothFamilies: Whether an IPv6 socket takes IPv4 connections, too.
    ///   - fileMode: Who may connect to a UNIX socket, as permission bits of its file.
    ///   - fileOwner: Whose the file of a UNIX socket becomes; nil leaves it to the process.
    ///   - backlog: How many connections may wait to be accepted; the system caps it.
    ///   - sendBufferByteCount: Bytes that the system keeps for a client that does not read (SO_SNDBUF,
    ///     inherited by the connections); nil leaves it to the system.
    /// - Throws: ``SocketError``, with the address in its text.
    package init(
        address: SocketAddress,
        takesBothFamilies: Bool = false,
        fileMode: UInt32 = 0o660,
        fileOwner: FileOwner? = nil,
        backlog: Int32,
        sendBufferByteCount: Int32? = nil
    ) throws(SocketError) {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Descriptor(
            owning: Int32(try systemCall("socket") { Int(socket(address.family, type, 0)) })
        )
        let number = descriptor.rawValue
        if let sendBufferByteCount {
            try setOption(number, SOL_SOCKET, SO_SNDBUF, to: sendBufferByteCount)
        }
        switch address {
        case .ipv4:
            try setOption(number, SOL_SOCKET, SO_REUSEADDR)
        case .ipv6:
            try setOption(number, SOL_SOCKET, SO_REUSEADDR)
            let only: Int32 = takesBothFamilies ? 0 : 1
            try setOption(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, to: only)
        case .unix(let path):
            try SocketFile.removeStale(path)
            // The file begins with the bits of the descriptor: nobody gets in before `chmod` below.
            _ = try systemCall("fchmod") { Int(fchmod(number, 0o600)) }
        }
        var isBound = false
        do throws(SocketError) {
            _ = try systemCall("bind") {
                unsafe address.withSystemAddress { pointer, length in
                    unsafe Int(bind(number, pointer, length))
                }
            }
            isBound = true
            if case .unix(let path) = address {
                try fileOwner?.take(path)
                _ = try systemCall("chmod") { unsafe Int(chmod(path, mode_t(fileMode))) }
            }
            _ = try systemCall("listen") { Int(listen(number, backlog)) }
        } catch {
            if isBound, case .unix(let path) = address { SocketFile(path)?.remove() }
            throw SocketError(operation: "\(error.operation) \(address)", code: error.code)
        }
        if case .unix(let path) = address {
            self.address = address
            file = SocketFile(path)
        } else {
            var storage = sockaddr_storage()
            _ = try systemCall("getsockname") {
                unsafe withSystemStorage(&storage) { unsafe Int(getsockname(number, $0, $1)) }
            }
            self.address = SocketAddress(storage) ?? address
            file = nil
        }
        self.descriptor = descriptor
    }

    /// Takes over a socket that listens already, as service managers hand them over (sd_listen_fds(3)).
    ///
    /// The file of a UNIX socket stays: it is the service manager's.
    ///
    /// - Parameters:
    ///   - number: The descriptor, which nobody else will close.
    ///   - sendBufferByteCount: As for a socket of its own.
    /// - Throws: ``SocketError`` if it is no socket that listens for connections at an address with a name.
    package init(inherited number: Int32, sendBufferByteCount: Int32? = nil) throws(SocketError) {
        let address = try Self.address(inherited: number)
        let descriptor = Descriptor(owning: number)
        let flags = try systemCall("fcntl") { Int(fcntl(number, F_GETFL)) }
        _ = try systemCall("fcntl") { Int(fcntl(number, F_SETFL, Int32(flags) | O_NONBLOCK)) }
        _ = try systemCall("fcntl") { Int(fcntl(number, F_SETFD, FD_CLOEXEC)) }
        if let sendBufferByteCount {
            try setOption(number, SOL_SOCKET, SO_SNDBUF, to: sendBufferByteCount)
        }
        self.address = address
        self.descriptor = descriptor
        file = nil
    }

    /// Where a socket listens that was handed over.
    ///
    /// - Parameter number: The descriptor; it stays open.
    /// - Returns: Its address.
    /// - Throws: as ``init(inherited:sendBufferByteCount:)``.
    package static func address(inherited number: Int32) throws(SocketError) -> SocketAddress {
        let isStream = try option(number, SO_TYPE) == Int32(SOCK_STREAM.rawValue)
        guard isStream, try option(number, SO_ACCEPTCONN) == 1 else {
            throw SocketError(operation: "descriptor \(number) does not listen", code: EINVAL)
        }
        var storage = sockaddr_storage()
        _ = try systemCall("getsockname") {
            unsafe withSystemStorage(&storage) { unsafe Int(getsockname(number, $0, $1)) }
        }
        guard let address = SocketAddress(listening: storage) else {
            throw SocketError(operation: "descriptor \(number) has no address", code: EAFNOSUPPORT)
        }
        return address
    }

    deinit {
        file?.remove()
    }

    /// Accepts one waiting connection.
    ///
    /// - Returns: The connection, non-blocking, closed on exec and with Nagle's algorithm off; nil if none is waiting.
    /// - Throws: ``SocketError``; see its `isTransientAcceptFailure`.
    package func accept() throws(SocketError) -> ConnectedSocket? {
        let number = descriptor.rawValue
        let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        var storage = sockaddr_storage()
        do throws(SocketError) {
            let accepted = try systemCall("accept4") {
                unsafe withSystemStorage(&storage) {
                    unsafe Int(ilv_accept4(number, $0, $1, flags))
                }
            }
            return ConnectedSocket(
                Descriptor(owning: Int32(accepted)),
                remoteAddress: SocketAddress(storage)
            )
        } catch {
            if error.isWouldBlock { return nil }
            throw error
        }
    }
}

private func withSystemStorage(
    _ storage: inout sockaddr_storage,
    _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int
) -> Int {
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe body($0, &length)
        }
    }
}

/// Reads an integer option of a socket.
private func option(_ descriptor: Int32, _ option: Int32) throws(SocketError) -> Int32 {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    _ = try systemCall("getsockopt") {
        unsafe Int(getsockopt(descriptor, SOL_SOCKET, option, &value, &length))
    }
    return value
}

/// Sets an integer option to 1.
func setOption(
    _ descriptor: Int32,
    _ level: Int32,
    _ option: Int32,
    to value: Int32 = 1
) throws(SocketError) {
    var value = value
    _ = try systemCall("setsockopt") {
        unsafe Int(
            setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        )
    }
}
