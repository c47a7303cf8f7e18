internal import Dispatch
internal import Locking

extension Engine {
    /// Prepares an input beside the running steps: a small one at once, a large one in a lane that leaves room
    /// for small ones.
    ///
    /// - Parameters:
    ///   - preparation: The input and how far it is.
    ///   - completion: Gets the prompt and how long the work on it took, once; nothing if it was cancelled.
    func schedule(
        _ preparation: PromptPreparation,
        _ completion:
            @escaping @Sendable (Result<(Prompt, Duration), EngineError>) -> Void
    ) {
        let clock = ContinuousClock()
        let worked = Mutex(Duration.zero)
        /// Returns whether more is to be done.
        let advance: @Sendable (Bool) -> Bool = { isWhole in
            let start = clock.now
            let result: Result<(Prompt, Duration), EngineError>
            do throws(EngineError) {
                while try preparation.decodeNext() {
                    guard isWhole else {
                        worked.withLock { $0 += start.duration(to: clock.now) }
                        return true
                    }
                }
                let prompt = try preparation.finish()
                let duration = worked.withLock { $0 } + start.duration(to: clock.now)
                result = .success((prompt, duration))
            } catch {
                result = .failure(error)
            }
            completion(result)
            return false
        }
        smallWork.async { [largeWork] in
            do throws(EngineError) {
                try preparation.readHeads()
            } catch {
                return completion(.failure(error))
            }
            guard !preparation.isSmall else {
                _ = advance(true)
                return
            }
            largeWork.run(preparation.demand) {
                advance(false) ? preparation.demand : nil
            }
        }
    }

    /// Runs work on a text where work of its size belongs: at once if it is small, else in the lane of large
    /// pictures and texts.
    package func onText(ofByteCount count: Int, _ work: @escaping @Sendable () -> Void) {
        let cost = count * PromptPreparation.costPerByte
        guard cost > PromptPreparation.smallCost else { return smallWork.async(execute: work) }
        largeWork.run(WorkLane.Demand(cost: cost)) {
            work()
            return nil
        }
    }
}
