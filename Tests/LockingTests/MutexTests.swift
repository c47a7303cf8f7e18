import Dispatch
import Locking
import Testing

@Suite("A mutex")
struct MutexTests {
    @Test("Lets one thread at a time change its value")
    func excludes() {
        let count = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<1000 { count.withLock { $0 += 1 } }
        }
        #expect(count.withLock { $0 } == 8000)
    }

    @Test("Is free again after a body that threw, and keeps what the body changed")
    func unlocksAfterErrors() {
        struct Failure: Error {}
        let count = Mutex(0)
        #expect(throws: Failure.self) {
            try count.withLock { value in
                value = 3
                throw Failure()
            }
        }
        #expect(count.withLock { $0 } == 3)
    }

    @Test("Ends the life of its value together with its own")
    func releasesItsValue() {
        final class Token: Sendable {}
        weak var token: Token?
        do {
            let mutex = Mutex(Token())
            token = mutex.withLock { $0 }
            #expect(token != nil)
        }
        #expect(token == nil)
    }
}
