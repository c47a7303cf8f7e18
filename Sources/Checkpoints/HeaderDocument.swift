internal import JSON

extension CheckpointLimits {
    /// Bounds of a header or an index, which describe every tensor of a checkpoint.
    static var json: JSONLimits {
        var limits = JSONLimits()
        limits.maximumDepth = maximumJSONDepth
        limits.maximumValueCount = maximumJSONValueCount
        return limits
    }
}

extension CheckpointError {
    /// A header or an index that is no acceptable JSON.
    init(_ error: JSONError) {
        let kind: Kind =
            switch error.kind {
            case .malformed, .notText: .malformed
            case .duplicateKey: .duplicateName
            case .limitExceeded, .stringTooLong: .limitExceeded
            }
        self.init(kind, offset: error.offset, "no acceptable JSON: \(error.detail)")
    }
}

/// Parses a header or an index.
///
/// - Throws: ``CheckpointError``, its offset counted from the start of `bytes`.
func parseJSON(_ bytes: [UInt8]) throws(CheckpointError) -> JSONNode {
    do throws(JSONError) {
        return try JSONParser.parse(bytes, CheckpointLimits.json)
    } catch {
        throw CheckpointError(error)
    }
}
