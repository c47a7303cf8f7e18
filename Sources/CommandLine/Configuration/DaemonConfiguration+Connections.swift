import HTTPServer
import HTTPWire
import Sockets

extension DaemonConfiguration {
    /// Where to listen.
    mutating func readAddresses(_ layers: SettingLayers) throws {
        if let hosts = layers[.host] {
            server.hosts = hosts.text.split(separator: ",", omittingEmptySubsequences: false)
                .map { String($0.trimmingPrefix { $0 == " " }) }
            for host in server.hosts where (try? SocketAddress(host: host, port: 0)) == nil {
                throw hosts.refusal(
                    "has no address to listen on in \"\(host)\": give numbers, localhost or unix:/path"
                )
            }
        }
        if let port = layers[.port] { server.port = UInt16(try port.integer(in: 0...65535)) }
        if let mode = layers[.socketMode] {
            guard let bits = UInt32(mode.text, radix: 8), bits <= 0o777 else {
                throw mode.refusal("is no permissions in octal, such as 660")
            }
            server.socketFileMode = bits
        }
    }

    /// What all connections share.
    mutating func readBudgets(_ layers: SettingLayers) throws {
        let range = 1 << 20...1 << 40
        if let size = layers[.answerBytes] {
            server.answerByteBudget = try size.byteCount(in: range)
        }
        let largest = server.limits.maximumBodyByteCount
        if let size = layers[.bodyBytes] {
            server.bodyByteBudget = try size.byteCount(in: range)
            guard server.bodyByteBudget >= largest else {
                throw size.refusal("is less than max_body_bytes, \(largest) bytes")
            }
        } else {
            server.bodyByteBudget = max(server.bodyByteBudget, largest)
        }
        if let rate = layers[.bodyRate] {
            server.minimumBodyByteRate = try rate.byteCount(in: 0...1 << 30)
        }
        if let rate = layers[.answerRate] {
            server.minimumAnswerByteRate = try rate.byteCount(in: 0...1 << 30)
        }
    }
}
