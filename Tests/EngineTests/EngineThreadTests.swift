import Dispatch
import Foundation
import Locking
import Testing

@testable import Engine

@Suite("The engine's thread")
struct EngineThreadTests {
    /// The folder of the calling thread among the process's.
    private static var ownFolder: String {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
        return "/proc/\(link ?? "none")"
    }

    private func waitUntilGone(_ folder: String) -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while FileManager.default.fileExists(atPath: folder), ContinuousClock.now < deadline {
            sched_yield()
        }
        return !FileManager.default.fileExists(atPath: folder)
    }

    @Test("Has a name, and is always the same")
    func named() throws {
        let runner = try RequestRunner()
        let folders = Answers<String>()
        runner.engine.core.post { _ in folders.take(Self.ownFolder) }
        let first = folders.first()
        _ = try runner.events { _ in }
        let name = try String(contentsOfFile: "\(first)/comm", encoding: .utf8)
        #expect(name == "ilv-engine\n")
        let done = Answers<Bool>()
        runner.engine.core.post { _ in done.take(Self.ownFolder == first) }
        #expect(done.first())
    }

    @Test("Ends with the engine, after requests and without any")
    func ends() throws {
        for answersRequests in [false, true] {
            let folders = Answers<String>()
            let folder: String
            do {
                let runner = try RequestRunner(workerCount: 2)
                runner.engine.core.post { _ in folders.take(Self.ownFolder) }
                if answersRequests { _ = try runner.events { $0.timeout = .seconds(600) } }
                folder = folders.first()
            }
            #expect(waitUntilGone(folder))
        }
    }

    @Test("Ends by itself when its last piece of work is what held on to it")
    func endsFromWithin() {
        let folders = Answers<String>()
        let door = Door()
        do {
            let thread = EngineThread()
            thread.async { [thread] in
                folders.take(Self.ownFolder)
                door.pass()
                _ = thread
            }
        }
        let folder = folders.first()
        door.open()
        #expect(waitUntilGone(folder))
    }

    @Test("Does what is posted in order, and what is due later at its time")
    func order() {
        let thread = EngineThread()
        let seen = Mutex<[Int]>([])
        let isDone = Door()
        thread.async(after: .milliseconds(20)) {
            seen.withLock { $0.append(101) }
            isDone.open()
        }
        thread.async(after: .milliseconds(1)) { seen.withLock { $0.append(100) } }
        for index in 0..<50 { thread.async { seen.withLock { $0.append(index) } } }
        isDone.pass()
        let all = seen.withLock(\.self)
        #expect(all.filter { $0 < 100 } == Array(0..<50))
        #expect(all.filter { $0 >= 100 } == [100, 101])
    }

    @Test("Work that is there can be done in the middle of other work, in order and to its end")
    func pending() {
        let thread = EngineThread()
        let seen = Mutex<[Int]>([])
        let isDone = Door()
        let isFilled = Door()
        thread.async { [thread] in
            isFilled.pass()
            thread.runPending()
            seen.withLock { $0.append(100) }
            isDone.open()
        }
        for index in 0..<3 {
            thread.async { [thread] in
                seen.withLock { $0.append(index) }
                // What work adds is done, too.
                if index == 1 { thread.async { seen.withLock { $0.append(3) } } }
            }
        }
        isFilled.open()
        isDone.pass()
        let all = seen.withLock { $0 }
        #expect(all == [0, 1, 2, 3, 100])
    }

    @Test("What is due in a far future does not keep it")
    func alarms() {
        let folders = Answers<String>()
        let folder: String
        do {
            let thread = EngineThread()
            thread.async(after: .seconds(1_000_000)) {}
            thread.async { folders.take(Self.ownFolder) }
            folder = folders.first()
        }
        #expect(waitUntilGone(folder))
    }
}
