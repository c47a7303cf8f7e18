/// Numbers below a capacity in the order in which they were added; all operations take constant time.
struct RecencyList: Hashable, Sendable {
    private(set) var count = 0
    // The entry at `capacity` is the list's anchor; -1 marks what is not in the list.
    private var next: [Int]
    private var previous: [Int]

    private var anchor: Int { next.count - 1 }

    init(capacity: Int) {
        next = [Int](repeating: -1, count: capacity) + [capacity]
        previous = next
    }

    func contains(_ element: Int) -> Bool { next[element] >= 0 }

    /// Adds an element as the newest.
    mutating func append(_ element: Int) {
        precondition(!contains(element), "\(element) is in the list already")
        let last = previous[anchor]
        next[last] = element
        previous[element] = last
        next[element] = anchor
        previous[anchor] = element
        count += 1
    }

    mutating func remove(_ element: Int) {
        precondition(contains(element), "\(element) is not in the list")
        next[previous[element]] = next[element]
        previous[next[element]] = previous[element]
        next[element] = -1
        previous[element] = -1
        count -= 1
    }

    /// Removes and returns the element that was added first.
    mutating func popOldest() -> Int? {
        guard count > 0 else { return nil }
        let oldest = next[anchor]
        remove(oldest)
        return oldest
    }
}
