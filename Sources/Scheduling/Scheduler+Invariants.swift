// MARK: - Invariants

extension Scheduler {
    /// Checks everything that must hold between any two calls.
    ///
    /// - Throws: The first ``InvariantViolation`` that is found.
    package func checkInvariants() throws(InvariantViolation) {
        if let stuckRequest {
            throw InvariantViolation("request \(stuckRequest.number) has work that fits nowhere")
        }
        try checkStepsInFlight()
        try checkRequests()
        try checkSequences()
        try images.checkInvariants(isStepRunning: !stepsInFlight.isEmpty)
        let reserved = running.reduce(0) { $0 + (requests[$1]?.bounds.drawingCount ?? 0) }
        guard reserved == reservedDrawingCount, reserved <= configuration.drawingCapacity else {
            throw InvariantViolation("\(reserved) drawings reserved, noted \(reservedDrawingCount)")
        }
        let bytes = requests.values.reduce(0) { $0 + $1.bounds.inputByteCount }
        guard bytes == inputByteCount, bytes <= configuration.inputByteBudget else {
            throw InvariantViolation("\(bytes) bytes of input held, noted \(inputByteCount)")
        }
        for (identifier, drawing) in drawings
        where requests[drawing.request]?.drawings.contains(identifier) != true {
            throw InvariantViolation("drawing \(identifier.number) belongs to nobody")
        }
    }

    private func checkStepsInFlight() throws(InvariantViolation) {
        guard stepsInFlight.count <= 2 else {
            throw InvariantViolation("\(stepsInFlight.count) steps at the same time")
        }
        guard
            stepsInFlight.count < 2
                || (stepsInFlight[0].stage != .language && stepsInFlight[1].stage == .language)
        else {
            throw InvariantViolation(
                "\(stepsInFlight[1].stage) interrupts \(stepsInFlight[0].stage)"
            )
        }
        guard interruptionTime == nil || stepsInFlight.count == 1 else {
            throw InvariantViolation("an interruption of \(stepsInFlight.count) steps")
        }
    }

    private func checkRequests() throws(InvariantViolation) {
        guard Set(waiting + running) == Set(requests.keys),
            waiting.count + running.count == requests.count
        else { throw InvariantViolation("requests are not either waiting or running") }
        guard running.count <= configuration.maximumRunningCount else {
            throw InvariantViolation("\(running.count) requests run")
        }
        for identifier in waiting {
            guard let request = requests[identifier], request.startedAt == nil,
                request.sequences.isEmpty, request.drawings.isEmpty, request.awaitedImages.isEmpty
            else { throw InvariantViolation("a waiting request owns something") }
            guard request.overtakeCount <= configuration.maximumOvertakeCount else {
                throw InvariantViolation("\(request.overtakeCount) later requests started before")
            }
        }
        for (tenant, state) in tenants {
            let own = requests.values.filter { $0.bounds.tenant == tenant }
            guard own.count == state.requestCount,
                own.count(where: { $0.startedAt != nil }) == state.runningCount
            else { throw InvariantViolation("requests of tenant \(tenant.number) are miscounted") }
        }
        for request in requests.values {
            guard tenants[request.bounds.tenant] != nil else {
                throw InvariantViolation("a request belongs to no tenant")
            }
            guard request.sequences.allSatisfy({ sequences[$0]?.request == request.identifier }),
                request.drawings.allSatisfy({ drawings[$0]?.request == request.identifier })
            else { throw InvariantViolation("a request names what it does not own") }
            for image in request.awaitedImages where images.isHeld(image) {
                throw InvariantViolation("a request waits for features that are there")
            }
        }
    }

    private func checkSequences() throws(InvariantViolation) {
        var references = [Int](repeating: 0, count: pool.blockCount)
        for (identifier, state) in sequences {
            guard requests[state.request]?.sequences.contains(identifier) == true else {
                throw InvariantViolation("sequence \(identifier.number) belongs to nobody")
            }
            let capacity = state.blocks.count * configuration.blockSize
            guard state.computedCount <= min(capacity, state.content.count) else {
                throw InvariantViolation(
                    "\(state.computedCount) positions computed of \(state.content.count), "
                        + "blocks hold \(capacity)"
                )
            }
            for block in state.blocks { references[block] += 1 }
            // A shared block is never written to: the part of it that one sequence has, others have too.
            guard Set(state.blocks).count == state.blocks.count else {
                throw InvariantViolation("sequence \(identifier.number) has a block twice")
            }
        }
        try pool.checkInvariants(references: references)
    }
}
