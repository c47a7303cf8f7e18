import Checkpoints
import Locking
import Testing

@testable import MMInterleaved

@Suite("Reading ahead")
struct ReadAheadTests {
    /// Remembers what it is asked for; a tensor has 100 MiB.
    private final class Recorder: CheckpointReader {
        let path = "recorder"
        let tensorNames: [String]
        let tensors: [String: TensorDescription] = [:]
        let metadata: [String: String] = [:]
        let hasChecksums = false
        private let calls = Mutex<[String]>([])

        init(_ names: [String]) { tensorNames = names }

        var taken: [String] {
            calls.withLock { calls in
                defer { calls = [] }
                return calls
            }
        }

        func withBytes<Result>(
            of name: String,
            _ body: (RawSpan) throws -> Result
        ) throws -> Result {
            throw CheckpointError(.missingTensor, path: path, tensor: name, "has no bytes")
        }

        func releaseResidentPages(of name: String) { calls.withLock { $0.append("-\(name)") } }

        func prefetch(_ name: String) -> Int {
            calls.withLock { $0.append("+\(name)") }
            return 100 << 20
        }

        func verifyChecksums() throws(CheckpointError) {}
    }

    @Test("Some tensors are read ahead, and each is given back when the next begins")
    func readsAhead() {
        let reader = Recorder(["a", "b", "c", "d", "e"])
        let readAhead = ReadAhead(reader, reader.tensorNames)
        readAhead.begin("a")
        #expect(reader.taken == ["+a", "+b", "+c"])
        readAhead.begin("b")
        #expect(reader.taken == ["-a", "+d"])
        readAhead.begin("c")
        #expect(reader.taken == ["-b", "+e"])
        readAhead.begin("d")
        readAhead.begin("e")
        #expect(reader.taken == ["-c", "-d"])
        readAhead.end()
        #expect(reader.taken == ["-a", "-b", "-c", "-d", "-e"])
    }

    @Test("A tensor that comes out of turn stops nothing")
    func outOfTurn() {
        let reader = Recorder(["a", "b", "c", "d", "e"])
        let readAhead = ReadAhead(reader, reader.tensorNames)
        readAhead.begin("e")
        #expect(reader.taken == ["+a", "+b", "+c"])
        readAhead.begin("a")
        #expect(reader.taken == ["-e", "+d"])
    }
}
