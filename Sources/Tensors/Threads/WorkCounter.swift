/// Counts what computations would do, for the memory and the time of a model whose weights are not there.
///
/// Nothing is computed: results stay what they were, and scratch memory is taken and never touched, so that a model of any
/// size is counted in milliseconds and megabytes.
package final class WorkCounter {
    /// Computations, of which each ends when its last part does.
    package private(set) var computationCount = 0
    /// Memory that they would read and write, one by one.
    package private(set) var byteCount = 0

    /// Nothing counted yet.
    package init() {}

    func count(byteCount: Int) {
        computationCount += 1
        self.byteCount += byteCount
    }
}
