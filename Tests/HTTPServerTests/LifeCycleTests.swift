import Dispatch
import Glibc
import HTTPServer
import HTTPWire
import Logging
import Sockets
import TestSupport
import Testing

extension HTTPServerTests {
    @Suite("Start, overload and stop")
    struct LifeCycleTests {
        @Test("Clients beyond the maximum get 503, and a place that becomes free is used")
        func boundsConnections() throws {
            try withServer(configure: { $0.maximumConnectionCount = 2 }) { server, port throws in
                let first = try HTTPTestClient(port: port)
                let second = try HTTPTestClient(port: port)
                #expect(try first.exchange(get("/")).status == 200)
                #expect(try second.exchange(get("/")).status == 200)
                let third = try HTTPTestClient(port: port)
                #expect(try third.exchange(get("/")).status == 503)
                #expect(try third.receiveToEnd().isEmpty)
                third.close()
                #expect(try first.exchange(get("/")).status == 200)
                second.close()
                let hasRoom = eventually { server.load.connectionCount == 1 }
                #expect(hasRoom)
                #expect(try exchangeOnce(port, get("/")).status == 200)
            }
        }

        @Test(
            "Probes are answered although idle connections hold every place",
            arguments: [(64, 200), (1, 20)]
        )
        func answersProbes(spareCount: Int, idleCount: Int) throws {
            let handler = ClosureHandler(admission: { .accept(isProbe: $0.path == "/livez") })
            try withServer(
                handler,
                configure: {
                    $0.maximumConnectionCount = 4
                    $0.spareConnectionCount = spareCount
                    $0.spareHeadTimeout = .seconds(60)
                }
            ) { server, port throws in
                // More than the places for those that are too many, too.
                let idle = try (0..<idleCount).map { _ in try HTTPTestClient(port: port) }
                for _ in 0..<5 {
                    let probe = try exchangeOnce(port, get("/livez"))
                    #expect(probe.status == 200 && probe["connection"] == "close")
                    #expect(try exchangeOnce(port, get("/other")).status == 503)
                }
                #expect(try idle[0].exchange(get("/other")).status == 200)
                #expect(server.load.refusedConnectionCount == 5)
                withExtendedLifetime(idle) {}
            }
        }

        @Test("Probes are answered although others beyond the maximum ask, and never end")
        func answersProbesUnderFlood() throws {
            let handler = ClosureHandler(admission: { .accept(isProbe: $0.path == "/livez") })
            try withServer(
                handler,
                configure: {
                    $0.maximumConnectionCount = 4
                    $0.spareHeadTimeout = .seconds(60)
                    $0.bodyTimeout = .seconds(60)
                    $0.lingerTimeout = .seconds(60)
                }
            ) { _, port throws in
                let idle = try (0..<4).map { _ in try HTTPTestClient(port: port) }
                let post = "POST /livez HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n"
                for text in [post, get("/other"), get("/livez"), "\u{16}\r\n\r\n"] {
                    let others = try (0..<150).map { _ in
                        let client = try HTTPTestClient(port: port)
                        client.send(text)
                        return client
                    }
                    #expect(try exchangeOnce(port, get("/livez")).status == 200, "\(text)")
                    withExtendedLifetime(others) {}
                }
                withExtendedLifetime(idle) {}
            }
        }

        @Test("A client beyond the maximum that says nothing is told so after a short while")
        func refusesSilentSpare() throws {
            try withServer(configure: {
                $0.maximumConnectionCount = 1
                $0.spareHeadTimeout = .milliseconds(100)
            }) { _, port throws in
                let first = try HTTPTestClient(port: port)
                #expect(try first.exchange(get("/")).status == 200)
                #expect(try HTTPTestClient(port: port).receiveResponse().status == 503)
            }
        }

        @Test("Waiting clients are served after a flood far beyond the maximum")
        func survivesFlood() throws {
            try withServer(configure: {
                $0.maximumConnectionCount = 2
                $0.headTimeout = .milliseconds(100)
                $0.lingerTimeout = .milliseconds(100)
            }) { _, port throws in
                let flood = try (0..<200).map { _ in try HTTPTestClient(port: port) }
                for client in flood { client.send("G") }
                let isServed = eventually(seconds: 20) {
                    (try? exchangeOnce(port, get("/")).status) == 200
                }
                #expect(isServed)
                withExtendedLifetime(flood) {}
            }
        }

        @Test("Draining answers what is in progress, and what is new until that is done")
        func drains() throws {
            let writers = TestEvents<ResponseWriter>()
            let handle: ClosureHandler.Handle = { request, response in
                if request.head.path == "/slow" { return writers.send(response) }
                echo(request, response)
            }
            try withServer(handle: handle) { server, port throws in
                let idle = try HTTPTestClient(port: port)
                #expect(try idle.exchange(get("/")).status == 200)
                let busy = try HTTPTestClient(port: port)
                busy.send(get("/slow"))
                let writer = try writers.next()
                let drained = TestEvents<Bool>()
                server.announceDraining()
                DispatchQueue.global().async { drained.send(server.drain(limit: .seconds(20))) }
                let late = try exchangeOnce(port, get("/late"))
                #expect(late.status == 200 && late["connection"] == "close")
                #expect(drained.count == 0)
                writer.send(Response(status: .ok, body: [9]))
                let response = try busy.receiveResponse()
                #expect(response.body == [9])
                #expect(response["connection"] == "close")
                #expect(try drained.next())
                #expect(try idle.receiveToEnd().isEmpty)
                #expect(server.load.connectionCount == 0)
                #expect(throws: TestClientError.self) { try HTTPTestClient(port: port) }
                #expect(server.drain(limit: .seconds(1)), "draining again changes nothing")
            }
        }

        @Test("Who is idle, half-way through a request or never hangs up holds up no end")
        func drainsPastSilent() throws {
            try withServer(configure: { $0.lingerTimeout = .seconds(60) }) { server, port throws in
                let silent = try HTTPTestClient(port: port)
                let idle = try HTTPTestClient(port: port)
                #expect(try idle.exchange(get("/")).status == 200)
                let head = try HTTPTestClient(port: port)
                head.send("GET / HTTP/1.1\r\nHo")
                let body = try HTTPTestClient(port: port)
                body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
                let lingering = try HTTPTestClient(port: port)
                #expect(try lingering.exchange("nonsense\r\n").status == 400)
                let areThere = eventually { server.load.connectionCount == 5 }
                #expect(areThere)
                let start = ContinuousClock.now
                #expect(server.drain(limit: .seconds(60)))
                // Less than every limit that these connections have.
                #expect(start.duration(to: .now) < .seconds(10))
                for client in [silent, idle, head, body, lingering] {
                    #expect(try client.receiveToEnd().isEmpty)
                }
            }
        }

        @Test("Who is half-way through a request when serving ends is answered")
        func answersTheLast() throws {
            try withServer { server, port throws in
                let body = try HTTPTestClient(port: port)
                body.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc")
                let isThere = eventually { server.load.connectionCount == 1 }
                #expect(isThere)
                let drained = TestEvents<Bool>()
                DispatchQueue.global().async { drained.send(server.drain(limit: .seconds(20))) }
                let isClosed = eventually { (try? HTTPTestClient(port: port)) == nil }
                #expect(isClosed)
                body.send("def")
                let response = try body.receiveResponse()
                #expect(response.status == 200 && response["connection"] == "close")
                #expect(try drained.next())
            }
        }

        @Test("Draining past its limit cuts what is left and tells the handler")
        func cutsAfterLimit() throws {
            let closed = TestEvents<Void>()
            let writers = TestEvents<ResponseWriter>()
            let handle: ClosureHandler.Handle = { _, response in
                response.onClose { closed.send(()) }
                writers.send(response)
            }
            try withServer(handle: handle) { server, port throws in
                let client = try HTTPTestClient(port: port)
                client.send(get("/"))
                let writer = try writers.next()
                #expect(!server.drain(limit: .milliseconds(50)))
                try closed.next()
                #expect(server.load.connectionCount == 0)
                #expect(!writer.send(Response(status: .ok)))
                #expect(try client.receiveToEnd().isEmpty)
            }
        }

        @Test("Stopping to accept leaves open connections alone, and can be repeated")
        func stopsAccepting() throws {
            try withServer { server, port throws in
                let client = try HTTPTestClient(port: port)
                #expect(try client.exchange(get("/")).status == 200)
                server.stopAccepting()
                server.stopAccepting()
                #expect(throws: TestClientError.self) { try HTTPTestClient(port: port) }
                #expect(try client.exchange(get("/")).status == 200)
            }
        }

        @Test("A port in use is reported; starting twice does nothing")
        func startsOnce() throws {
            try withServer { server, port throws in
                try server.start()
                #expect(server.port == port)
                #expect(throws: SocketError.self) {
                    try withServer(configure: { $0.port = port }) { _, _ in }
                }
            }
        }

        @Test("A thousand connections leave no descriptor behind")
        func leaksNoDescriptors() async {
            // In a process of its own, where no other test opens any.
            await #expect(processExitsWith: .success) {
                try withServer { server, port throws in
                    func exchange(_ count: Int) throws {
                        for index in 0..<count {
                            let client = try HTTPTestClient(port: port)
                            let text =
                                [get("/"), get("/", "Connection: close\r\n"), "bad\r\n", "GE"][
                                    index % 4
                                ]
                            client.send(text)
                            if index % 4 < 3 { _ = try client.receiveResponse() }
                        }
                        let isEmpty = eventually { server.load.connectionCount == 0 }
                        precondition(isEmpty, "connections stay open")
                    }
                    // Dispatch opens descriptors of its own when it first needs them, and closing comes a little later.
                    try exchange(100)
                    let before = openDescriptorCount()
                    try exchange(1_000)
                    let isBack = eventually { openDescriptorCount() <= before }
                    precondition(isBack, "descriptors leak")
                }
            }
        }

        @Test("Running out of descriptors pauses accepting and ends with the shortage")
        func survivesDescriptorShortage() async {
            await #expect(processExitsWith: .success) {
                try withServer { _, port throws in
                    let first = try HTTPTestClient(port: port)
                    try requireOK(first.exchange(get("/")))
                    let waiting = try HTTPTestClient(port: port)
                    try requireOK(waiting.exchange(get("/")))
                    // The client of this test needs one descriptor, the server's side finds none.
                    var limit = rlimit(
                        rlim_cur: rlim_t(openDescriptorCount() + 1),
                        rlim_max: 4_096
                    )
                    unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                    var spare: [Int32] = []
                    let client = try HTTPTestClient(port: port)
                    while true {
                        let number = dup(0)
                        if number < 0 { break }
                        spare.append(number)
                    }
                    client.send(get("/"))
                    try requireOK(first.exchange(get("/")))
                    limit.rlim_cur = 1_000
                    unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                    try requireOK(client.receiveResponse())
                }
            }
        }
    }
}

/// Ends the process of an exit test unless the answer is 200.
private func requireOK(_ response: ReceivedResponse) {
    precondition(response.status == 200, "status \(response.status)")
}

/// Descriptors of this process, the one that reads the list not counted.
private func openDescriptorCount() -> Int {
    var count = -3
    guard let directory = unsafe opendir("/proc/self/fd") else { return -1 }
    while unsafe readdir(directory) != nil { count += 1 }
    unsafe closedir(directory)
    return count
}
