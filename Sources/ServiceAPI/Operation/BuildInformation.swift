internal import CBuild

/// Which program this is.
package enum BuildInformation {
    /// The version of the sources.
    package static let version = unsafe String(cString: ilv_build_version())

    /// The commit that it was built from, as `git describe` names it; nil where the build was not told.
    package static var commit: String? {
        let text = unsafe String(cString: ilv_build_commit())
        return text.isEmpty ? nil : text
    }
}
