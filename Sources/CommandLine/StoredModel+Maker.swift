import MMInterleaved
import ServiceAPI

extension StoredModel {
    /// What tells the answers of this program and model from those of others: the program's version, the digest of the model, and
    /// the profile of its weights.
    ///
    /// Cost: as ``StoredModel/digest()``.
    ///
    /// - Parameter profile: The profile.
    /// - Returns: A text that is the same if and only if all of them are.
    /// - Throws: `FileError`.
    func maker(profile: String) throws -> String {
        let build = BuildInformation.commit ?? ""
        return "\(BuildInformation.version) \(build) \(profile) \(try digest())"
    }
}
