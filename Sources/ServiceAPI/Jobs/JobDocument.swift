internal import HTTPServer
internal import HTTPWire
internal import JSON
internal import Jobs

extension Job {
    /// What `GET /v1/interleave/{id}` tells of it: the state, the error, or the answer.
    ///
    /// - Parameter isDurable: Whether it is still there when the process has ended.
    /// - Returns: The answer.
    func response(isDurable: Bool) -> Response {
        let progress = progress
        var response =
            if case .completed(let document) = progress.outcome {
                Response(
                    status: .ok,
                    fields: ["content-type": "application/json"],
                    body: document
                )
            } else {
                Response(document(progress, isDurable: isDurable))
            }
        response.head.fields["cache-control"] = "no-store"
        return response
    }

    /// What is told of a job that has no answer yet, or none at all.
    ///
    /// - Parameter isDurable: Whether it is still there when the process has ended.
    /// - Returns: The document.
    func document(isDurable: Bool) -> JSON { document(progress, isDurable: isDurable) }

    private func document(_ progress: Progress, isDurable: Bool) -> JSON {
        .members([
            "id": .string(id), "object": "interleave", "created": .integer(request.created),
            "model": .string(request.model), "status": .string(progress.status.rawValue),
            "durable": .bool(isDurable), "attempts": .integer(progress.start.attemptCount),
            "seed": .unsigned(request.seed),
            "error": progress.outcome.flatMap { outcome in
                guard case .failed(let failure) = outcome else { return nil }
                return ErrorResponse(failure).json
            },
        ])
    }
}

extension ErrorResponse {
    /// The reason why a job has no answer.
    init(_ failure: JobFailure) {
        self.init(
            Status(failure.status),
            code: failure.code,
            failure.message,
            parameter: failure.parameter,
            retryAfter: failure.retryAfter
        )
        if failure.isFinal { fields["x-should-retry"] = "false" }
    }

    /// A request that is not kept.
    init(_ refusal: JobRefusal) {
        switch refusal {
        case .full(.count(_, of: 0), _):
            self.init(
                .tooManyRequests,
                code: "too_many_jobs",
                "no requests are kept here (setting max_jobs): send it without background and Idempotency-Key"
            )
            fields["x-should-retry"] = "false"
        case .full(.count(let count, of: let maximum), let retryAfter):
            self.init(
                .tooManyRequests,
                code: "too_many_jobs",
                "\(count) requests are kept already, at most \(maximum) may be (setting max_jobs): "
                    + "DELETE /v1/interleave/{id} forgets one",
                retryAfter: retryAfter ?? .seconds(1)
            )
        case .full(.bytes(let maximum), let retryAfter):
            self.init(
                .tooManyRequests,
                code: "too_many_jobs",
                "with this one the requests that are kept and their answers would have more than \(maximum) bytes "
                    + "(setting max_job_bytes): DELETE /v1/interleave/{id} forgets one",
                retryAfter: retryAfter ?? .seconds(1)
            )
        case .otherDocument:
            self.init(
                .unprocessableContent,
                code: "idempotency_key_reused",
                "Idempotency-Key: another document came with the same key before",
                parameter: "idempotency-key"
            )
        case .notStored:
            self.init(
                .serviceUnavailable,
                code: "jobs_unavailable",
                "the file of the requests that are kept (setting jobs) cannot be written",
                retryAfter: .seconds(2)
            )
        case .closed:
            self.init(
                .serviceUnavailable,
                code: "draining",
                "the server is shutting down",
                retryAfter: .seconds(2)
            )
        }
    }
}

extension JobFailure {
    /// What an error is to those who ask for the job later.
    init(_ error: ErrorResponse) {
        self.init(
            status: error.status.code,
            code: error.code,
            message: error.message,
            parameter: error.parameter,
            isFinal: error.fields["x-should-retry"] == "false",
            retryAfter: error.retryAfter
        )
    }
}

extension JobLog.Event {
    /// The last event of a job without an answer.
    init(_ failure: JobFailure, number: Int) {
        let document: JSON = [
            "type": "error", "sequence_number": .integer(number),
            "error": ErrorResponse(failure).json,
        ]
        self.init(name: "error", data: document.encoded)
    }
}

extension JobStore.Load {
    /// The member `jobs` of `GET /v1/engine`.
    var json: JSON {
        let members = JobStatus.allCases.map { status in
            (name: status.rawValue, value: JSON.integer(counts[status] ?? 0))
        }
        return .object(members + [("bytes", .integer(byteCount))])
    }
}
