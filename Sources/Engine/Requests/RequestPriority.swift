package import Scheduling

/// How much of the machine a request gets while others compete with it.
package typealias RequestPriority = Scheduling.Priority
