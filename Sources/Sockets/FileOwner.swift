internal import Glibc

/// Whose a file is: a user, a group, or both.
package struct FileOwner: Hashable, Sendable {
    /// Why a text names nobody.
    package struct Fault: Error, Hashable, Sendable {
        /// What is wrong, to be read after the text.
        package let detail: String
    }

    /// As it was written.
    package let text: String
    /// The user's number; nil leaves it.
    let user: uid_t?
    /// The group's number; nil leaves it.
    let group: gid_t?

    /// Reads `USER`, `USER:GROUP` or `:GROUP`, each a name that this machine knows or a number.
    ///
    /// - Throws: ``Fault``.
    package init(_ text: String) throws(Fault) {
        self.text = text
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, parts.last?.isEmpty == false else {
            throw Fault(detail: "is none of USER, USER:GROUP and :GROUP")
        }
        user = parts[0].isEmpty ? nil : try Self.number(parts[0], "user", Self.user)
        group = parts.count < 2 ? nil : try Self.number(parts[1], "group", Self.group)
    }

    /// The number that a text is, or that its name has.
    private static func number(
        _ text: String,
        _ kind: String,
        _ find: (String) -> UInt32?
    ) throws(Fault) -> UInt32 {
        // The largest stands for leaving it as it is (chown(2)).
        if let number = UInt32(text), number < .max { return number }
        guard let number = find(text) else {
            throw Fault(detail: "names no \(kind) of this machine: \(text.debugDescription)")
        }
        return number
    }

    /// Bytes for what the system knows of one of them.
    private static let bufferByteCount = 64 * 1024

    private static func user(_ name: String) -> uid_t? {
        var (entry, found) = unsafe (passwd(), UnsafeMutablePointer<passwd>?.none)
        var buffer = [CChar](repeating: 0, count: bufferByteCount)
        let code = unsafe getpwnam_r(name, &entry, &buffer, buffer.count, &found)
        return unsafe code == 0 && found != nil ? entry.pw_uid : nil
    }

    private static func group(_ name: String) -> gid_t? {
        var (entry, found) = unsafe (Glibc.group(), UnsafeMutablePointer<Glibc.group>?.none)
        var buffer = [CChar](repeating: 0, count: bufferByteCount)
        let code = unsafe getgrnam_r(name, &entry, &buffer, buffer.count, &found)
        return unsafe code == 0 && found != nil ? entry.gr_gid : nil
    }

    /// Gives a file to them.
    ///
    /// - Throws: ``SocketError``, EPERM if the process may not: only root gives files away.
    func take(_ path: String) throws(SocketError) {
        do throws(SocketError) {
            _ = try systemCall("chown") { unsafe Int(chown(path, user ?? .max, group ?? .max)) }
        } catch {
            throw SocketError(operation: "give the file to \(text):", code: error.code)
        }
    }
}
