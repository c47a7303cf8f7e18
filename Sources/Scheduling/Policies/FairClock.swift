/// Start-time fair queueing: whose turn it is when everything takes different amounts of time.
///
/// Every request has a virtual time: the machine time that it was charged, divided by its weight. The one
/// with the smallest goes next. The clock follows the smallest virtual time of those that have work; who
/// is new, or was idle, starts at the clock: waiting earns no credit, and being idle costs nothing.
///
/// Source: Goyal, Vin, Cheng, "Start-time fair queuing", SIGCOMM 1996.
struct FairClock: Hashable, Sendable {
    /// Virtual time of the least served that have work, in seconds of a request of weight 1; never falls.
    private(set) var now = 0.0

    /// Virtual time with which a request that had no work joins.
    func joining(_ virtualTime: Double) -> Double { max(virtualTime, now) }

    /// Moves the clock to the smallest virtual time of those that have work.
    mutating func advance(to smallest: Double) { now = max(now, smallest) }

    /// Virtual time that a share of a step costs.
    static func charge(_ cost: Duration, weight: Double) -> Double { cost.inSeconds / weight }
}
