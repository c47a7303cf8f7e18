internal import Dispatch

/// Connections of a queue whose handshakes can go on: one takes a step, then all others of the queue get their turn.
///
/// A step may take milliseconds of arithmetic, such as a signature with a long key. However many clients shake hands at the
/// same time, those who have done it wait for one of them at most.
///
/// Threads: belongs to a queue.
final class HandshakeTurns {
    private unowned let queue: DispatchQueue
    private var waiting: [Connection] = []
    /// How many of them had their turn.
    private var doneCount = 0

    init(_ queue: DispatchQueue) { self.queue = queue }

    /// Lets a connection take its next step when it is its turn.
    func add(_ connection: Connection) {
        guard !connection.isHandshakeDue else { return }
        connection.isHandshakeDue = true
        waiting.append(connection)
        if waiting.count == 1 { goOn() }
    }

    private func goOn() {
        queue.async { [weak self] in self?.takeTurn() }
    }

    private func takeTurn() {
        let connection = waiting[doneCount]
        doneCount += 1
        connection.shakeHands()
        guard doneCount == waiting.count else { return goOn() }
        waiting.removeAll(keepingCapacity: true)
        doneCount = 0
    }
}

// Sendable: touched only on its queue.
extension HandshakeTurns: @unchecked Sendable {}
