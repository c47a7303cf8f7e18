internal import CLinux
internal import Glibc

extension SocketAddress {
    /// Has the system look up a name, for whoever connects to it: this may take as long as its resolver is patient.
    ///
    /// - Parameters:
    ///   - name: A name of the domain name system, or one of /etc/hosts.
    ///   - port: The port that the addresses get.
    /// - Returns: Its addresses, in the order in which to try them (RFC 6724); one at least.
    /// - Throws: ``SocketError`` with the name in its text: EHOSTUNREACH if nobody knows it, EAGAIN if nobody could be asked.
    package static func lookUp(
        _ name: String,
        port: UInt16
    ) throws(SocketError) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(name, nil, &hints, &list)
        defer { if let list = unsafe list { unsafe freeaddrinfo(list) } }
        var addresses: [SocketAddress] = []
        var next = unsafe status == 0 ? list : nil
        while let entry = unsafe next {
            var storage = sockaddr_storage()
            let size = min(
                Int(unsafe entry.pointee.ai_addrlen),
                MemoryLayout<sockaddr_storage>.size
            )
            unsafe memcpy(&storage, entry.pointee.ai_addr, size)
            if let address = SocketAddress(storage) { addresses.append(address.with(port: port)) }
            unsafe next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else {
            let reason = unsafe status == 0 ? "no addresses" : String(cString: gai_strerror(status))
            throw SocketError(
                operation: "look up \(name.debugDescription) (\(reason))",
                code: status == EAI_AGAIN ? EAGAIN : EHOSTUNREACH
            )
        }
        return addresses
    }
}
