internal import MMInterleaved

// Numbers that mean nothing are refused here, whoever submits: sessions and bounds rely on it.

extension InterleaveRequest {
    /// Checks the counts.
    ///
    /// - Throws: ``EngineError`` of kind `invalidRequest` that names the field.
    func check() throws(EngineError) {
        try EngineError.check(.segmentCount, maximumSegmentCount, in: 1...EngineError.largestCount)
        try text.check()
        try picture.check()
    }

    /// Checks that the pictures fit a sequence, the one to draw included.
    ///
    /// - Throws: ``EngineError`` of kind `contextLengthExceeded`.
    func checkPictures(_ configuration: ModelConfiguration) throws(EngineError) {
        guard mode == .image || (mode == .interleave && force == .image) else { return }
        let count = input.count { if case .image = $0 { true } else { false } }
        let maximum = configuration.language.imagesPerContext
        guard count < maximum else {
            throw EngineError(
                .contextLengthExceeded,
                field: .input,
                "\(count) images and one to draw, at most \(maximum) fit a sequence"
            )
        }
    }
}

extension TextParameters {
    fileprivate func check() throws(EngineError) {
        try EngineError.check(.tokenCount, maximumTokenCount, in: 0...EngineError.largestCount)
        try EngineError.check(.beamCount, beamCount, in: 1...EngineError.largestCount)
        try EngineError.check(.textCount, sequenceCount, in: 1...EngineError.largestCount)
    }
}

extension PictureParameters {
    fileprivate func check() throws(EngineError) {
        try EngineError.check(.pictureCount, count, in: 1...EngineError.largestCount)
    }
}

extension EngineError {
    /// Far beyond what any model has room for, and small enough that products of three such numbers are numbers.
    fileprivate static let largestCount = 1 << 20

    fileprivate static func check(
        _ field: RequestField,
        _ value: Int,
        in range: ClosedRange<Int>
    ) throws(EngineError) {
        guard range.contains(value) else {
            throw EngineError(.invalidRequest, field: field, "\(value) is not in \(range)")
        }
    }
}
