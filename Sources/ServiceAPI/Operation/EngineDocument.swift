internal import Engine
internal import HTTPServer
internal import JSON
internal import Jobs
internal import Scheduling
internal import Tensors

extension EngineSnapshot {
    /// The document of `GET /v1/engine`; times in milliseconds.
    func json(model: String, server: HTTPServer.Load, jobs: JobStore.Load) -> JSON {
        let now = ContinuousClock.now
        let steps = recentSteps.map { step -> JSON in
            [
                "stage": .string(step.stage.rawValue), "items": .integer(step.itemCount),
                "duration_ms": .double(step.duration.milliseconds),
                "ended_ms_ago": .double(step.ended.duration(to: now).milliseconds),
            ]
        }
        let costs = costs.map { cost -> JSON in
            [
                "stage": .string(cost.stage.rawValue),
                "fixed_ms": .double(cost.fixed.milliseconds),
                "per_item_ms": .double(cost.perItem.milliseconds),
            ]
        }
        return [
            "object": "engine", "model": .string(model),
            "status": isDraining ? "draining" : "ready",
            "running_count": .integer(runningCount), "waiting_count": .integer(waitingCount),
            "workers": workers.json,
            "since_progress_ms": sinceProgress.map { .double($0.milliseconds) } ?? .null,
            "running": .array(requests.filter { $0.place != .waiting }.map(\.json)),
            "waiting": .array(requests.filter { $0.place == .waiting }.map(\.json)),
            "pools": .array(pools.map(\.json)), "weights": .array(weights.map(\.json)),
            "steps": .array(steps), "costs": .array(costs),
            "simulation_costs": stepCosts.json, "instruction_set": instructionSets.json,
            "http": server.json, "jobs": jobs.json,
        ]
    }
}

extension EngineSnapshot.Weights {
    fileprivate var json: JSON {
        ["part": .string(part), "format": .string(format), "bytes": .integer(byteCount)]
    }
}

extension EngineWorkers {
    fileprivate var json: JSON {
        [
            "count": .integer(count), "pinned": .bool(isPinned),
            "processors": .integer(processorCount),
            "processor_quota": processorQuota.map { .double($0) } ?? .null,
        ]
    }
}

extension EngineSnapshot.Request {
    fileprivate var json: JSON {
        let drawings = drawings.map { drawing -> JSON in
            ["step": .integer(drawing.step), "steps": .integer(drawing.stepCount)]
        }
        return .members([
            "id": .string(identifier), "request_id": .string(clientIdentifier),
            "tenant": tenant.map { .string($0) },
            "mode": .string(kind.rawValue), "priority": .string(priority.rawValue),
            "stage": .string(place.rawValue), "age_ms": .double(age.milliseconds),
            "computed_tokens": .integer(computedPositionCount),
            "total_tokens": .integer(positionCount), "drawings": .array(drawings),
        ])
    }
}

extension InstructionSets {
    fileprivate var json: JSON {
        let known = members.map { member -> JSON in
            ["name": .string(member.name), "standing": .string(member.standing.rawValue)]
        }
        return [
            "used": .string(Self.used), "wanted": wanted.map { .string($0) } ?? .null,
            "known": .array(known),
            "processor": .array(processorFeatures.map { .string($0) }), "story": .string(story),
        ]
    }
}

extension EngineSnapshot.Pool {
    fileprivate var json: JSON {
        [
            "name": .string(name), "used_blocks": .integer(usedBlockCount),
            "cached_blocks": .integer(cachedBlockCount),
            "capacity_blocks": .integer(capacityBlockCount),
            "block_bytes": .integer(blockByteCount), "used_bytes": .integer(usedByteCount),
            "cached_bytes": .integer(cachedByteCount),
            "capacity_bytes": .integer(capacityByteCount),
        ]
    }
}

extension StepCosts {
    /// The document that `interleaved simulate --costs` reads, in microseconds.
    fileprivate var json: JSON {
        func line(_ line: Line) -> JSON {
            ["fixed": .double(line.fixed), "perUnit": .double(line.perUnit)]
        }
        return [
            "encode": line(encode), "denoise": line(denoise), "render": line(render),
            "language": [
                "fixed": .double(language.fixed), "perRow": .double(language.perRow),
                "perAttendedPosition": .double(language.perAttendedPosition),
            ],
            "requestOverhead": .double(requestOverhead),
        ]
    }
}
