internal import Glibc

/// A system call that failed, with the code it left behind.
package struct SocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the call, and of its object where that helps.
    package let operation: String
    /// The value of errno.
    package let code: Int32

    /// Makes an error from what a call left behind.
    package init(operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    /// Whether the call would have had to wait.
    package var isWouldBlock: Bool { code == EAGAIN || code == EWOULDBLOCK }

    /// Whether a waiting connection was gone before it was accepted (accept(2), "Error handling").
    package var isTransientAcceptFailure: Bool {
        switch code {
        case ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
            EOPNOTSUPP, ENETUNREACH, EPERM:
            true
        default:
            false
        }
    }

    package var description: String {
        "\(operation): \(errorText(code)) (errno \(code))"
    }
}

/// The system's words for an error code.
private func errorText(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    // If the call fails the buffer keeps its zeros.
    _ = unsafe strerror_r(code, &buffer, buffer.count)
    let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: text, as: UTF8.self)
}

/// Makes a system call again for as long as signals interrupt it.
///
/// Not inlined so that nothing can run between the call and the reading of errno.
///
/// - Returns: The call's result, never negative.
/// - Throws: ``SocketError`` if the call returns a negative number.
@inline(never)
package func systemCall(
    _ operation: StaticString,
    _ call: () -> Int
) throws(SocketError) -> Int {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw SocketError(operation: operation.description, code: code) }
    }
}
