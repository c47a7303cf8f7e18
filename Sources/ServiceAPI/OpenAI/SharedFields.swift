internal import Engine
internal import Images
internal import JSON
internal import MMInterleaved
internal import Scheduling

// What chat and pictures have in common: OpenAI's own fields first, then those that this daemon adds under the names that
// other servers of open models have for them.

extension InterleaveCall {
    /// Takes seed, denoising, encoding and priority.
    ///
    /// - Throws: ``RequestError`` that names the field.
    mutating func decodeShared(
        _ reader: inout ObjectReader,
        _ configuration: ModelConfiguration,
        _ limits: Limits
    ) throws(RequestError) {
        // OpenAI's are signed; negative ones are the seeds with the same bits.
        let seeds = Int128(Int64.min)...Int128(UInt64.max)
        request.seed =
            try reader.integer("seed", in: seeds).map { UInt64(truncatingIfNeeded: $0) }
            ?? UInt64.random(in: 0..<(1 << 53))
        try request.picture.decodeDenoising(
            &reader,
            maximumStepCount: limits.maximumStepCount(configuration)
        )
        try checkSteps(configuration.imageDecoder.scheduler, "steps")
        imageFormat = try reader.choice("output_format") ?? imageFormat
        request.priority = try reader.choice("priority") ?? request.priority
        request.scope.salt = try reader.cacheSalt()
        for key in ["user", "safety_identifier", "prompt_cache_key"] {
            _ = try reader.string(key, maximumByteCount: limits.maximumNameByteCount)
        }
    }
}

extension ObjectReader {
    /// Takes a field of which only some values mean what happens anyway.
    ///
    /// - Parameters:
    ///   - key: Name of the field.
    ///   - values: Values without effect.
    ///   - reason: Why no other can be had.
    /// - Throws: ``RequestError`` of kind `unsupported`.
    mutating func accept(
        _ key: String,
        only values: [String],
        _ reason: String
    ) throws(RequestError) {
        guard let node = take(key) else { return }
        let text = try node.string(field(key), maximumByteCount: 1024)
        guard values.contains(where: { $0.hasSameBytes(as: text) }) else {
            let known = values.map { "\"\($0)\"" }.joined(separator: " or ")
            throw RequestError(
                .unsupported,
                field: field(key),
                "\(field(key)) may be \(known) alone, not \(quoted(text)): \(reason)"
            )
        }
    }

    /// Takes a boolean that may say only what happens anyway.
    ///
    /// - Throws: ``RequestError`` of kind `unsupported`.
    mutating func accept(
        _ key: String,
        only value: Bool,
        _ reason: String
    ) throws(RequestError) {
        guard let found = try bool(key), found != value else { return }
        throw RequestError(.unsupported, field: field(key), "\(field(key)) \(reason)")
    }
}
