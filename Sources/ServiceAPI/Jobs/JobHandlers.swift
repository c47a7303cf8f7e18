internal import Engine
internal import HTTPServer
internal import HTTPWire
internal import JSON
internal import Jobs
internal import MMInterleaved

extension Service {
    /// `POST /v1/interleave` with `background`, which is answered with the name of the answer that will be, or with a name
    /// of its own, under which its answer is found again.
    ///
    /// - Parameters:
    ///   - call: The request.
    ///   - repetition: How it would be asked for again.
    ///   - isStreaming: Whether the client, if it waits, wants its answer event by event.
    ///   - request: What came.
    ///   - exchange: Where the answer goes.
    ///   - engine: Who answers.
    func keep(
        _ call: InterleaveCall,
        _ repetition: JobRequest.Repetition?,
        isStreaming: Bool,
        _ request: Request,
        _ exchange: Exchange,
        _ engine: Engine
    ) {
        let kept = JobRequest(
            id: "interleave-" + randomIdentifier(),
            requestName: exchange.context.id,
            owner: exchange.caller.owner,
            created: Self.secondsSince1970(),
            model: engine.modelConfiguration.name,
            body: request.body,
            seed: call.request.seed,
            isBackground: call.isBackground,
            repetition: repetition
        )
        jobs.add(kept) { [self] result in
            // The store counts it from here on, or it is gone.
            request.releaseBudget()
            do throws(JobRefusal) {
                switch try result.get() {
                case .added(let job) where !call.isBackground:
                    start(job, call, arrived: request.arrived, exchange, engine)
                    follow(job, isStreaming: isStreaming, exchange)
                case .joined(let job) where !call.isBackground:
                    follow(job, isStreaming: isStreaming, exchange)
                case .added(let job), .joined(let job):
                    exchange.answer(job.acceptance(isDurable: jobs.isDurable))
                }
            } catch {
                exchange.fail(ErrorResponse(error))
            }
        }
    }

    /// Answers a client that waits for a job, whether it was the first to ask for it or not.
    private func follow(_ job: Job, isStreaming: Bool, _ exchange: Exchange) {
        if isStreaming {
            return JobStream(job, exchange, configuration).begin(waitsForEvents: true)
        }
        job.whenOver { exchange.answer(job) }
    }

    /// `GET /v1/interleave/{id}`.
    func answerJob(_ name: String, _ exchange: Exchange) throws(ErrorResponse) {
        let job = try job(name, exchange)
        exchange.answer(job.response(isDurable: jobs.isDurable))
    }

    /// `GET /v1/interleave/{id}/events`.
    func answerEvents(
        of name: String,
        _ head: RequestHead,
        _ exchange: Exchange
    ) throws(ErrorResponse) {
        let job = try job(name, exchange)
        let place = try head.startingPlace()
        let (log, epoch) = job.stream
        var start = 0
        if let place, place.epoch == epoch {
            start = place.number + 1
            // Before the events are counted, of which there may be more by then.
            let hasPast = job.hasPast
            let extent = log.extent
            if !hasPast, start > extent.count { throw .unknownPlace(place, head) }
            if extent.isOver, start == extent.count {
                // Browsers, which come again after every stream, stay away after this.
                return exchange.answer(Response(status: .noContent))
            }
        }
        if let place, place.epoch > epoch { throw .unknownPlace(place, head) }
        JobStream(
            job,
            from: start,
            isRestarted: place.map { $0.epoch < epoch } ?? false,
            exchange,
            configuration
        ).begin()
    }

    /// Makes sure that it is known which requests are kept.
    private func requireJobs() throws(ErrorResponse) {
        guard !jobs.isRestored else { return }
        throw ErrorResponse(
            .serviceUnavailable,
            code: "loading",
            "the requests that are kept are being read from their file",
            retryAfter: configuration.retryAfter
        )
    }

    private func job(_ name: String, _ exchange: Exchange) throws(ErrorResponse) -> Job {
        try requireJobs()
        guard let job = jobs.find(name, of: exchange.caller.tenant) else {
            throw .unknownRequest(name, "kept")
        }
        return job
    }

    /// `DELETE /v1/interleave/{id}`.
    func end(_ name: String, _ exchange: Exchange) throws(ErrorResponse) {
        try requireJobs()
        let caller = exchange.caller
        let count = requests.cancel(name, by: caller)
        jobs.erase(name, by: caller.keyName, where: { caller.owns(requestsOf: $0.tenant) }) {
            result in
            do throws(JobRefusal) {
                let erased = try result.get()
                guard count + erased > 0 else {
                    return exchange.fail(
                        ErrorResponse.unknownRequest(name, "kept, running or waiting")
                    )
                }
                exchange.answer([
                    "id": .string(name),
                    "object": erased > 0 ? "interleave.deleted" : "interleave.cancelled",
                    "count": .integer(count + erased),
                ])
            } catch {
                exchange.fail(ErrorResponse(error))
            }
        }
    }
}

extension Exchange {
    /// Answers with what came of a job that has ended.
    func answer(_ job: Job) {
        switch job.progress.outcome {
        case .completed: answer(job.response(isDurable: false))
        case .failed(let failure): fail(ErrorResponse(failure))
        case nil: fail(ErrorResponse(JobRefusal.closed))
        }
    }
}

extension Job {
    /// The answer to a request that is kept.
    fileprivate func acceptance(isDurable: Bool) -> Response {
        var response = Response(document(isDurable: isDurable), status: .accepted)
        response.head.fields["location"] = "/v1/interleave/\(id)"
        response.head.fields["cache-control"] = "no-store"
        return response
    }
}

extension RequestHead {
    /// The event after which a stream is to begin: what a browser says that comes again counts more than what its address
    /// said at first; nil for the beginning.
    ///
    /// - Throws: ``ErrorResponse`` with 400 if there is none such.
    fileprivate func startingPlace() throws(ErrorResponse) -> EventPlace? {
        let parameter = try startingParameter()
        if let last = fields["last-event-id"], !last.isEmpty {
            return try Self.place(last, "last-event-id")
        }
        return try parameter.map { text throws(ErrorResponse) in
            try Self.place(text, "starting_after")
        }
    }

    private func startingParameter() throws(ErrorResponse) -> String? {
        var found: String?
        for part in (query ?? "").split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair[0] == "starting_after", pair.count == 2, found == nil else {
                throw ErrorResponse(
                    .badRequest,
                    code: "invalid_value",
                    "the address may say starting_after=PLACE once, and nothing else",
                    parameter: "starting_after"
                )
            }
            found = percentDecoded(pair[1]) ?? ""
        }
        return found
    }

    private static func place(
        _ text: String,
        _ parameter: String
    ) throws(ErrorResponse) -> EventPlace {
        guard let place = EventPlace(text) else {
            throw ErrorResponse(
                .badRequest,
                code: "invalid_value",
                "\(parameter) must be the id of an event, such as 1.17, or the sequence_number of one of the first epoch, "
                    + "not \(quoted(text))",
                parameter: parameter
            )
        }
        return place
    }
}

extension ErrorResponse {
    /// A name that no request has.
    fileprivate static func unknownRequest(
        _ name: String,
        _ state: String
    ) -> ErrorResponse {
        ErrorResponse(
            .notFound,
            code: "request_not_found",
            "no request \(quoted(name)) is \(state)",
            parameter: "id"
        )
    }

    /// A place where there is no event.
    fileprivate static func unknownPlace(_ place: EventPlace, _ head: RequestHead) -> ErrorResponse
    {
        let parameter = head.fields["last-event-id"] == nil ? "starting_after" : "last-event-id"
        return ErrorResponse(
            .badRequest,
            code: "invalid_value",
            "\(parameter): the request has no event \(place) (a number alone is one of epoch 1)",
            parameter: parameter
        )
    }
}
