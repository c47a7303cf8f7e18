internal import Dispatch
internal import Images
internal import Locking
internal import MMInterleaved
internal import Scheduling
internal import Tokenization

/// A request on its way into the engine without its input, which is let go of early: what is to become of it.
struct Submission<Input: Sendable, Output: Sendable>: Sendable {
    /// How the input's picture files are read.
    var appearance = ImageFileDecoder.Appearance.seen
    /// With whom it shares what was computed.
    let scope: CacheScope
    /// What the request can need at most.
    let bounds: RequestBounds
    /// What makes it several sequences.
    let branching: Branching
    /// When it arrived; nil for now.
    let arrived: ContinuousClock.Instant?
    let timeout: Duration?
    let recorder: RequestRecorder?
    /// Bytes of text that become tokens beside the input.
    var otherByteCount = 0

    /// Makes what is computed from the decoded prompt, off the engine's thread; the bounds come without bytes, as
    /// the input is let go of.
    let prepare: @Sendable (Prompt, PromptPreparation, inout RequestBounds) throws -> Input
    /// Computes the result, on the engine's thread.
    let run: @Sendable (Input, Timings, ActiveRequest, isolated EngineCore) async throws -> Output
    /// Gets the result, and the time since the arrival.
    let completion: @Sendable (Result<Output, EngineError>, Duration) -> Void
    /// Makes the result of what ``prepare`` made, for a request that is not computed; nil for one that is.
    var conclude: (@Sendable (Input) -> Output)?
}

extension Engine {
    /// Admits a request, prepares its input, computes, and reports the result: each exactly once.
    ///
    /// - Throws: ``EngineError`` if it is not admitted; then nothing is reported.
    func enqueue<Input, Output>(
        _ input: [InputPart],
        _ submission: Submission<Input, Output>,
        whenAdmitted: () throws(EngineError) -> Void = {}
    ) throws(EngineError) -> Ticket {
        let arrived = submission.arrived ?? .now
        // Whoever waits until all is done must not miss a request that is just being admitted.
        inProgress.enter()
        let identifier: RequestIdentifier
        do throws(EngineError) {
            var bounds = submission.bounds.limited(modelConfiguration)
            bounds.tenant = core.tenantNumbers.withLock {
                $0.identifier(of: submission.scope.tenant)
            }
            identifier = try core.admit(
                bounds,
                submission.branching,
                arrived: arrived,
                timeout: submission.timeout
            )
        } catch {
            inProgress.leave()
            throw error
        }
        let completion = submission.completion
        let finish: @Sendable (Result<Output, EngineError>) -> Void = { [inProgress] result in
            completion(result, arrived.duration(to: .now))
            inProgress.leave()
        }
        if let preparation = add(identifier, input, submission, whenAdmitted, finish) {
            schedule(preparation) { [self] result in
                ready(identifier, submission, preparation, result, arrived: arrived, finish)
            }
        }
        return Ticket(core: core, identifier: identifier)
    }

    /// Hands an admitted request to the core; returns what its input is prepared with, unless the input alone ends
    /// it.
    private func add<Input, Output>(
        _ identifier: RequestIdentifier,
        _ input: [InputPart],
        _ submission: Submission<Input, Output>,
        _ whenAdmitted: () throws(EngineError) -> Void,
        _ finish: @escaping @Sendable (Result<Output, EngineError>) -> Void
    ) -> PromptPreparation? {
        let preparation: PromptPreparation?
        let failure: EngineError?
        do throws(EngineError) {
            try whenAdmitted()
            preparation = try PromptPreparation(
                input,
                as: submission.appearance,
                scope: submission.scope,
                otherByteCount: submission.otherByteCount,
                modelConfiguration,
                tokenizer,
                limits: pictureLimits
            )
            failure = nil
        } catch {
            (preparation, failure) = (nil, error)
        }
        let (scope, timeout) = (submission.scope, submission.timeout)
        let recorder = submission.recorder
        core.post { core in
            core.add(
                ActiveRequest(
                    identifier,
                    preparation,
                    scope: scope,
                    timeout: timeout,
                    recorder: recorder
                ) {
                    finish(.failure($0))
                }
            )
            if let failure { core.end(identifier, failure) }
        }
        return preparation
    }

    /// An input is decoded, or could not be: the request may start, or ends.
    private func ready<Input, Output>(
        _ identifier: RequestIdentifier,
        _ submission: Submission<Input, Output>,
        _ preparation: PromptPreparation,
        _ decoded: Result<(Prompt, Duration), EngineError>,
        arrived: ContinuousClock.Instant,
        _ finish: @escaping @Sendable (Result<Output, EngineError>) -> Void
    ) {
        var bounds = submission.bounds
        bounds.inputByteCount = 0
        let prepared: Input
        let decodingTime: Duration
        do {
            let (prompt, duration) = try decoded.get()
            decodingTime = duration
            bounds.promptPositionCount = prompt.tokens.count
            prepared = try submission.prepare(prompt, preparation, &bounds)
        } catch {
            let error = EngineError(error)
            return core.post { $0.end(identifier, error) }
        }
        if let conclude = submission.conclude {
            return core.post { $0.conclude(identifier) { finish(.success(conclude(prepared))) } }
        }
        metrics.prepared(after: arrived.duration(to: .now))
        let run = submission.run
        core.post { [bounds = bounds.limited(modelConfiguration)] core in
            core.makeReady(identifier, bounds, submission.branching) { core, active in
                var timings = Timings()
                timings.decoded = decodingTime
                timings.queued = arrived.duration(to: .now) - decodingTime
                let result: Result<Output, EngineError>
                do {
                    result = .success(try await run(prepared, timings, active, core))
                } catch {
                    result = .failure(EngineError(error))
                }
                return { finish(result) }
            }
        }
    }
}
