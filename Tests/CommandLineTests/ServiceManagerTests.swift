import ArgumentParser
import Dispatch
import Glibc
import HTTPServer
import Locking
import Logging
import Sockets
import TestSupport
import Testing

@testable import CommandLine

@Suite("A service manager")
struct ServiceManagerTests {
    private let folder: TemporaryDirectory
    private let receiver: DatagramReceiver

    init() throws {
        folder = try TemporaryDirectory()
        receiver = try DatagramReceiver(folder.path + "notify")
    }

    private func manager(_ others: [String: String] = [:]) -> ServiceManager {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let environment = others.merging(["NOTIFY_SOCKET": folder.path + "notify"]) { $1 }
        return ServiceManager(environment, process: 7, logger: logger)
    }

    @Test("Is told what the daemon does, in the words of sd_notify(3)")
    func tells() throws {
        let manager = manager()
        manager.starting("Loading nano: 3 %", limit: .milliseconds(1500))
        #expect(try receiver.next() == ["STATUS=Loading nano: 3 %", "EXTEND_TIMEOUT_USEC=1500000"])
        manager.ready("Serving nano")
        #expect(try receiver.next() == ["READY=1", "STATUS=Serving nano"])
        manager.reloading()
        let lines = try receiver.next()
        #expect(lines.first == "RELOADING=1")
        #expect(lines.contains { $0.wholeMatch(of: /MONOTONIC_USEC=[0-9]+/) != nil })
        manager.stopping(limit: .seconds(60))
        let last = try receiver.next()
        #expect(last.first == "STOPPING=1" && last.last == "EXTEND_TIMEOUT_USEC=60000000")
    }

    @Test("A status is one line, whatever it quotes")
    func oneLine() throws {
        manager().failed("a\nREADY=1")
        #expect(try receiver.next() == ["STATUS=a READY=1"])
    }

    @Test("Hears that the daemon is well for as long as it is, and nothing afterwards")
    func watches() throws {
        let manager = manager(["WATCHDOG_USEC": "30000", "WATCHDOG_PID": "7"])
        #expect(manager.watchdogInterval == .milliseconds(30))
        let stall = Mutex<Duration?>(nil)
        let timer = manager.watch { stall.withLock { $0 } }
        defer { timer?.cancel() }
        for _ in 0..<3 { #expect(try receiver.next() == ["WATCHDOG=1"]) }
        stall.withLock { $0 = .seconds(9) }
        var lines = try receiver.next()
        while lines == ["WATCHDOG=1"] { lines = try receiver.next() }
        #expect(lines.first?.hasPrefix("STATUS=Stuck") == true)
        stall.withLock { $0 = nil }
        #expect(try receiver.next() == ["WATCHDOG=1"])
    }

    @Test(
        "Minds silence only if it says so to this process",
        arguments: [
            [:], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "x"], ["WATCHDOG_USEC": "-1"],
            ["WATCHDOG_USEC": "30000", "WATCHDOG_PID": "8"],
        ]
    )
    func doesNotMind(environment: [String: String]) {
        let manager = manager(environment)
        #expect(manager.watchdogInterval == nil)
        #expect(manager.watch { nil } == nil)
    }
}

@Suite("Sockets of a service manager")
struct InheritedSocketsTests {
    private static func listening(_ host: String) throws -> ListeningSocket {
        try ListeningSocket(address: SocketAddress(host: host, port: 0), backlog: 8)
    }

    @Test("Are those from descriptor 3 on, if they are meant for this process")
    func counts() throws {
        func descriptors(_ count: String, _ process: String = "7") throws -> [Int32] {
            let environment = ["LISTEN_FDS": count, "LISTEN_PID": process]
            return try InheritedSockets.descriptors(environment, process: 7)
        }
        #expect(try descriptors("2") == [3, 4])
        #expect(try descriptors("0") == [])
        #expect(try descriptors("2", "8") == [])
        #expect(try InheritedSockets.descriptors([:], process: 7) == [])
        for text in ["", "x", "-1", "65", "4294967297"] {
            #expect(throws: ValidationError.self) { try descriptors(text) }
        }
    }

    @Test("Take the place of the addresses in the settings")
    func replaces() throws {
        let socket = try Self.listening("127.0.0.1")
        let number = socket.descriptor.rawValue
        var configuration = DaemonConfiguration()
        configuration.server.hosts = ["0.0.0.0"]
        try configuration.listen(onInherited: [number])
        #expect(configuration.server.inheritedSockets == [number])
        #expect(configuration.server.hosts == ["127.0.0.1"])
        #expect(configuration.server.port == socket.address.port)
        try configuration.listen(onInherited: [])
        #expect(configuration.server.inheritedSockets == [number])
    }

    @Test("That others reach are refused where no key would be asked for")
    func exposure() throws {
        let socket = try Self.listening("0.0.0.0")
        let number = socket.descriptor.rawValue
        var open = DaemonConfiguration()
        let error = #expect(throws: ValidationError.self) {
            try open.listen(onInherited: [number])
        }
        #expect(error?.message.contains("is an address that others reach") == true)
        var keyed = DaemonConfiguration()
        keyed.apiKeys = "/keys"
        try keyed.listen(onInherited: [number])
        #expect(keyed.server.hosts == ["0.0.0.0"])
    }

    @Test("That do not listen are refused")
    func refuses() {
        var configuration = DaemonConfiguration()
        let error = #expect(throws: ValidationError.self) {
            try configuration.listen(onInherited: [987_654])
        }
        #expect(error?.message.contains("of the service manager cannot be used") == true)
    }
}
