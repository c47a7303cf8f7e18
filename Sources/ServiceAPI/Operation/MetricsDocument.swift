internal import Engine
internal import HTTPServer
internal import Jobs
internal import Keys
internal import Scheduling

/// The document of `GET /metrics`.
///
/// Names follow vLLM's where both measure the same. Every label has a fixed set of values, so that the
/// number of series does not grow with use.
struct MetricsDocument {
    /// What has been counted and measured.
    let metrics: MetricsSnapshot
    /// What the engine is doing; nil while there is none.
    let engine: EngineSnapshot?
    /// Answered requests by route.
    let requests: [(key: HTTPRequestCounters.Key, count: Int)]
    /// What connections share.
    let server: HTTPServer.Load
    /// Requests that outlive their connections.
    let jobs: JobStore.Load
    /// Lines of the log that were lost.
    let droppedLogLineCount: Int
    /// Spans that the collector did not get.
    let lostSpanCount: Int
    /// The keys that are asked for.
    let keys: [KeyAccount]
    /// The model's name, once it is known.
    let model: String?
    /// What the system says.
    let process: ProcessStatistics

    private static let prefix = "interleaved_"

    /// The text.
    var text: String {
        var writer = ExpositionWriter()
        writeRequests(&writer)
        writeTimes(&writer)
        writeWork(&writer)
        writeMemory(&writer)
        writeJobs(&writer)
        writeServer(&writer)
        writeKeys(&writer)
        writeProgram(&writer)
        return writer.text
    }

    // MARK: - Requests

    private func writeRequests(_ writer: inout ExpositionWriter) {
        gauge(
            "num_requests_running",
            "Requests that are being computed.",
            Double(engine?.runningCount ?? 0),
            &writer
        )
        gauge(
            "num_requests_waiting",
            "Requests that wait to be computed.",
            Double(engine?.waitingCount ?? 0),
            &writer
        )
        let inputs = Self.prefix + "large_inputs"
        writer.family(inputs, .gauge, "Large pictures and texts on their way to the model.")
        let counts = engine?.largeInputs ?? (runningCount: 0, waitingCount: 0)
        writer.sample(inputs, ["state": "running"], Double(counts.runningCount))
        writer.sample(inputs, ["state": "waiting"], Double(counts.waitingCount))
        counters(
            "requests_admitted_total",
            "Requests taken into the queue.",
            "mode",
            RequestMode.allCases.map { ($0.rawValue, metrics.admittedCounts[$0]) },
            &writer
        )
        counters(
            "requests_completed_total",
            "Requests answered completely.",
            "mode",
            RequestMode.allCases.map { ($0.rawValue, metrics.completedCounts[$0]) },
            &writer
        )
        counters(
            "requests_failed_total",
            "Requests that ended without an answer and were not cancelled.",
            "reason",
            Self.failures.map {
                (ErrorResponse(EngineError($0, "")).code, metrics.failedCounts[$0])
            },
            &writer
        )
        counters(
            "requests_cancelled_total",
            "Requests whose client went away or asked for their end, by where they were.",
            "stage",
            RequestPlace.allCases.map { ($0.rawValue, metrics.cancelledCounts[$0]) },
            &writer
        )
        counters(
            "admission_rejections_total",
            "Requests not taken into the queue.",
            "reason",
            RejectionReason.allCases.map { ($0.rawValue, metrics.rejectedCounts[$0]) },
            &writer
        )
        let name = Self.prefix + "http_requests_total"
        writer.family(name, .counter, "HTTP requests by route and class of their status.")
        for (key, count) in requests {
            let labels: ExpositionWriter.Labels = [
                "route": key.route, "status": "\(key.statusClass)xx",
            ]
            writer.sample(name, labels, Double(count))
        }
    }

    /// Reasons for which an admitted request may fail.
    private static let failures: [EngineError.Kind] = [
        .invalidRequest, .contextLengthExceeded, .unreadableImage, .deadlineExceeded,
        .deadlineUnreachable, .notFinite, .internalFailure, .queueFull, .draining,
    ]

    // MARK: - Times

    private func writeTimes(_ writer: inout ExpositionWriter) {
        histogram(
            "time_to_first_token_seconds",
            "Submission to the first words.",
            metrics.firstTokenTimes,
            &writer
        )
        histogram(
            "inter_token_latency_seconds",
            "Words to the next words of the same segment.",
            metrics.interTokenTimes,
            &writer
        )
        histogram(
            "request_queue_time_seconds",
            "Submission to the start of computing.",
            metrics.queueTimes,
            &writer
        )
        let latency = Self.prefix + "e2e_request_latency_seconds"
        writer.family(latency, .histogram, "Submission to the end of answered requests.")
        for kind in RequestMode.allCases {
            guard let histogram = metrics.requestTimes[kind] else { continue }
            writer.histogram(latency, label: ("mode", kind.rawValue), histogram)
        }
        let durations = Self.prefix + "stage_duration_seconds"
        writer.family(durations, .histogram, "Time of one batch of a stage.")
        for stage in Stage.allCases {
            guard let stages = metrics.stages[stage] else { continue }
            writer.histogram(durations, label: ("stage", stage.rawValue), stages.durations)
        }
        let sizes = Self.prefix + "stage_batch_size"
        writer.family(sizes, .histogram, "Pictures or positions of one batch of a stage.")
        for stage in Stage.allCases {
            guard let stages = metrics.stages[stage] else { continue }
            writer.histogram(sizes, label: ("stage", stage.rawValue), stages.batchSizes)
        }
        writeInterruptions(&writer)
        gauge(
            "scheduler_last_progress_seconds",
            "Time since a busy engine last got anywhere; 0 when idle.",
            engine?.sinceProgress.map { $0 / .seconds(1) } ?? 0,
            &writer
        )
    }

    private func writeInterruptions(_ writer: inout ExpositionWriter) {
        // Words interrupt other stages, never their own.
        let stages = Stage.allCases.filter { $0 != .language }
        counters(
            "stage_interruptions_total",
            "Times that words came between the parts of a batch.",
            "stage",
            stages.map { ($0.rawValue, metrics.interruptions[$0]?.count) },
            &writer
        )
        let seconds = Self.prefix + "stage_interruption_seconds_total"
        writer.family(seconds, .counter, "Time for which batches waited for these words.")
        for stage in stages {
            let duration = metrics.interruptions[stage]?.duration ?? .zero
            writer.sample(seconds, ["stage": stage.rawValue], duration / .seconds(1))
        }
    }

    // MARK: - Work and memory

    private func writeWork(_ writer: inout ExpositionWriter) {
        let values: [(name: String, help: String, value: Int)] = [
            (
                "prompt_tokens", "Positions of prompts of answered requests.",
                metrics.promptTokenCount
            ),
            (
                "prompt_tokens_cached", "Positions of answered requests found computed.",
                metrics.cachedTokenCount
            ),
            (
                "generation_tokens", "Tokens generated for answered requests.",
                metrics.generatedTokenCount
            ),
            (
                "images_encoded", "Pictures encoded for answered requests.",
                metrics.encodedImageCount
            ),
            ("images_drawn", "Pictures of answers.", metrics.drawnImageCount),
            (
                "denoising_steps", "Denoising steps of pictures of answers.",
                metrics.denoisingStepCount
            ),
            (
                "preemptions", "Sequences to be computed again to make room.",
                metrics.preemptionCount
            ),
            (
                "spec_decode_num_draft_tokens",
                "Tokens guessed from what a text said before, and computed before they were chosen.",
                metrics.draftedTokenCount
            ),
            (
                "spec_decode_num_accepted_tokens", "Those of them that were chosen.",
                metrics.acceptedTokenCount
            ),
            (
                "image_feature_cache_queries", "Look-ups of pictures' features.",
                metrics.imageFeatures.queryCount
            ),
            (
                "image_feature_cache_hits", "Look-ups of pictures' features that found them.",
                metrics.imageFeatures.hitCount
            ),
            (
                "prefix_cache_queries", "Positions looked up among shared prefixes.",
                metrics.prefixes.queryCount
            ),
            (
                "prefix_cache_hits", "Positions found among shared prefixes.",
                metrics.prefixes.hitCount
            ),
        ]
        for (name, help, value) in values {
            writer.single(Self.prefix + name + "_total", .counter, help, Double(value))
        }
    }

    private func writeMemory(_ writer: inout ExpositionWriter) {
        let pools = engine?.pools ?? []
        let cache = pools.first { $0.name == EngineSnapshot.Pool.keyValueCache }
        gauge(
            "kv_cache_usage_ratio",
            "Share of the blocks of keys and values that requests hold, from 0 to 1.",
            cache?.usage ?? 0,
            &writer
        )
        let name = Self.prefix + "pool_bytes"
        writer.family(name, .gauge, "Memory that requests share, by pool and state.")
        for pool in pools {
            let states = [
                ("used", pool.usedByteCount), ("cached", pool.cachedByteCount),
                ("capacity", pool.capacityByteCount),
            ]
            for (state, count) in states {
                writer.sample(name, ["pool": pool.name, "state": state], Double(count))
            }
        }
        let weights = Self.prefix + "weight_bytes"
        writer.family(weights, .gauge, "Memory of the model's weights, by part and format.")
        for weight in engine?.weights ?? [] {
            writer.sample(
                weights,
                ["part": weight.part, "format": weight.format],
                Double(weight.byteCount)
            )
        }
    }

    private func writeJobs(_ writer: inout ExpositionWriter) {
        let name = Self.prefix + "jobs"
        writer.family(name, .gauge, "Requests that outlive their connections and are kept.")
        for status in JobStatus.allCases {
            writer.sample(name, ["state": status.rawValue], Double(jobs.counts[status] ?? 0))
        }
        gauge(
            "job_bytes",
            "Bytes of the requests that are kept, their events and answers.",
            Double(jobs.byteCount),
            &writer
        )
        writer.single(
            Self.prefix + "job_storage_errors_total",
            .counter,
            "Changes of them that could not be written to their file.",
            Double(jobs.storageFaultCount)
        )
    }

    private func writeProgram(_ writer: inout ExpositionWriter) {
        let name = Self.prefix + "build_info"
        writer.family(name, .gauge, "Always 1; the labels tell what runs.")
        writer.sample(name, ["version": BuildInformation.version, "model": model ?? ""], 1)
        let values: [(String, ExpositionWriter.Kind, String, Double?)] = [
            (
                "process_resident_memory_bytes", .gauge, "Bytes in memory.",
                process.residentByteCount
            ),
            (
                "process_virtual_memory_bytes", .gauge, "Bytes of address space.",
                process.virtualByteCount
            ),
            (
                "process_cpu_seconds_total", .counter, "Processor time, user and system.",
                process.processorSeconds
            ),
            (
                "process_start_time_seconds", .gauge, "Start of the process since 1970.",
                process.startSeconds
            ),
            ("process_open_fds", .gauge, "Open file descriptors.", process.descriptorCount),
            ("process_threads", .gauge, "Threads.", process.threadCount),
        ]
        for (name, kind, help, value) in values {
            if let value { writer.single(name, kind, help, value) }
        }
    }

    // MARK: - Shapes of families

    func gauge(
        _ name: String,
        _ help: String,
        _ value: Double,
        _ writer: inout ExpositionWriter
    ) {
        writer.single(Self.prefix + name, .gauge, help, value)
    }

    private func histogram(
        _ name: String,
        _ help: String,
        _ value: Histogram,
        _ writer: inout ExpositionWriter
    ) {
        writer.family(Self.prefix + name, .histogram, help)
        writer.histogram(Self.prefix + name, value)
    }

    private func counters(
        _ name: String,
        _ help: String,
        _ label: String,
        _ values: [(String, Int?)],
        _ writer: inout ExpositionWriter
    ) {
        writer.family(Self.prefix + name, .counter, help)
        for (value, count) in values {
            writer.sample(Self.prefix + name, [label: value], Double(count ?? 0))
        }
    }
}
