package import Scheduling

/// A part of the model that computes one batch at a time.
package typealias Stage = Scheduling.Stage
