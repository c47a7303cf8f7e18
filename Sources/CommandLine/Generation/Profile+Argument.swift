import ArgumentParser
import MMInterleaved

extension FormatPolicy.Profile: ExpressibleByArgument {
    /// All of them, for help.
    static let names = allCases.map(\.rawValue).joined(separator: ", ")
}
