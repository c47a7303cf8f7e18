internal import Sockets
internal import TestSupport

/// Bytes of the wire of a TLS server: the first byte says what came before the others.
///
/// Keys are random and so differ from run to run; what must hold does not depend on them.
func readTLSRecords(_ bytes: [UInt8]) {
    guard let first = bytes.first, let context = server else { return }
    let rest = Array(bytes.dropFirst())
    do throws(TLSError) {
        let server = Reader(try TLSSession(context))
        switch first % 3 {
        case 0:
            server.take(rest, cutAt: Int(first))
            expect(server.text.isEmpty, "text without a handshake")
        case 1:
            guard try shakeHands(server) != nil else { return }
            server.take(rest, cutAt: Int(first))
            expect(server.text.isEmpty, "text that nobody encrypted")
        default:
            guard let client = try shakeHands(server) else { return }
            var start = 0
            while start < rest.count {
                let piece = rest[start..<min(start + 1 + Int(first), rest.count)]
                start += try client.write(piece.span)
            }
            server.take(output(of: client), cutAt: Int(first))
            expect(server.text == rest && !server.isRefused, "text that changed on the way")
        }
        expect(server.session.outputByteCount <= 1 << 18, "output without bound")
    } catch {
        fatalError("a session that is in order throws: \(error)")
    }
}

private let server = try? TLSContext(
    certificates: TestCertificates.server,
    key: TestCertificates.serverKey
)

private let client: TLSContext? = {
    let context = try? TLSContext.client()
    try? context?.trust(certificates: TestCertificates.root)
    return context
}()

/// One end, and what came out of it.
private final class Reader {
    let session: TLSSession
    var text: [UInt8] = []
    var isRefused = false
    private var buffer = [UInt8](repeating: 0, count: 1024)

    init(_ session: TLSSession) {
        self.session = session
    }

    /// Takes bytes in two pieces and reads all text that there is.
    func take(_ bytes: [UInt8], cutAt cut: Int) {
        let cut = min(cut, bytes.count)
        for piece in [bytes[..<cut], bytes[cut...]] {
            session.take(piece.span)
            guard !session.isPlain, !isRefused else { return }
            _ = session.isAtEnd
            read()
        }
    }

    private func read() {
        do throws(TLSError) {
            while true {
                var span = buffer.mutableSpan
                guard case .bytes(let count) = try session.read(into: &span) else { return }
                text += buffer[..<count]
            }
        } catch {
            isRefused = true
        }
    }
}

/// Has both ends agree; the client's end, or nil if there is none.
private func shakeHands(_ server: Reader) throws(TLSError) -> TLSSession? {
    guard let client else { return nil }
    let end = Reader(try TLSSession(client, host: "localhost"))
    try end.session.begin()
    for _ in 0..<8 where !(end.session.isEstablished && server.session.isEstablished) {
        server.take(output(of: end.session), cutAt: 0)
        end.take(output(of: server.session), cutAt: 0)
    }
    expect(end.session.isEstablished && server.session.isEstablished, "a handshake without an end")
    return end.session
}

private func output(of session: TLSSession) -> [UInt8] {
    var bytes: [UInt8] = []
    while session.outputByteCount > 0 {
        session.withOutput { span in
            for index in span.indices { bytes.append(span[index]) }
            return span.count
        }
    }
    return bytes
}
