import ArgumentParser
import Engine
import HTTPServer
import HTTPWire
import Logging
import Scheduling
import ServiceAPI

/// Everything that the daemon can be told, checked.
struct DaemonConfiguration {
    /// Path of the model directory.
    let model: String
    let logLevel: Logger.Level
    /// How long to go on serving after the end was announced.
    var drainDelay = Duration.zero
    var server = HTTPServer.Configuration()
    var engine = Engine.Configuration()
    var service = Service.Configuration()

    /// Takes every setting from its strongest layer; the rest keeps its default.
    ///
    /// - Throws: `ValidationError` that names the place of the value at fault.
    init(_ layers: SettingLayers) throws {
        model = try ModelCatalog.path(layers[.model]?.text ?? ModelCatalog.defaultName)
        if let text = layers[.logLevel] {
            guard let level = Logger.Level(rawValue: text.text) else {
                let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                throw text.refusal("is none of \(known)")
            }
            logLevel = level
        } else {
            logLevel = .info
        }
        try readServer(layers)
        try readEngine(layers)
        try readLimits(layers)
        try readTimes(layers)
        try checkTogether(layers)
        if let size = layers[.streamBufferBytes] {
            service.maximumBacklogByteCount = try size.byteCount(in: 1 << 16...1 << 30)
        }
    }

    private mutating func readServer(_ layers: SettingLayers) throws {
        try readAddresses(layers)
        if let count = layers[.maxConnections] {
            server.maximumConnectionCount = try count.integer(in: 1...15_000)
        }
        if let size = layers[.maxHeaderBytes] {
            server.limits.maximumFieldByteCount = try size.byteCount(in: 1024...1 << 20)
        }
        if let size = layers[.maxBodyBytes] {
            service.limits.maximumBodyByteCount = try size.byteCount(in: 1024...1 << 30)
        }
        server.limits.maximumBodyByteCount = service.limits.maximumBodyByteCount
        try readBudgets(layers)
    }

    private mutating func readEngine(_ layers: SettingLayers) throws {
        func read(_ setting: Setting, _ value: inout Int, _ range: ClosedRange<Int>) throws {
            if let text = layers[setting] { value = try text.integer(in: range) }
        }
        try read(.workers, &engine.workerCount, 0...1024)
        try read(.maxQueue, &engine.scheduling.maximumWaitingCount, 0...10_000)
        try read(.maxRunning, &engine.scheduling.maximumRunningCount, 1...10_000)
        try read(.maxDrawings, &engine.scheduling.drawingCapacity, 1...10_000)
        try read(.maxStepRows, &engine.scheduling.maximumRowCount, 32...65_536)
        func read(_ setting: Setting, byteCount value: inout Int) throws {
            if let text = layers[setting] { value = try text.byteCount(in: 1 << 20...1 << 40) }
        }
        try read(.maxPendingBytes, byteCount: &engine.scheduling.inputByteBudget)
        try read(.kvCacheBytes, byteCount: &engine.keyValueByteBudget)
        try read(.imageCacheBytes, byteCount: &engine.imageByteBudget)
        if let time = layers[.stepTime] {
            engine.scheduling.stepDurationTarget = try time.duration(
                in: .milliseconds(1)...(.seconds(3600))
            )
        }
        try readPixels(layers)
    }

    /// Bounds of pictures; what all of a request, or all at once, may have is never less than one may.
    private mutating func readPixels(_ layers: SettingLayers) throws {
        let most = 1_000_000_000
        if let text = layers[.maxImagePixels] {
            engine.maximumPixelCount = try text.integer(in: 1...most)
        }
        let picture = engine.maximumPixelCount
        engine.maximumRequestPixelCount =
            try layers[.maxRequestPixels]?.integer(in: picture...100 * most)
            ?? max(picture, engine.maximumRequestPixelCount)
        engine.maximumDecodingPixelCount =
            try layers[.maxDecodingPixels]?.integer(in: picture...100 * most)
            ?? max(picture, engine.maximumDecodingPixelCount)
    }

    private mutating func readLimits(_ layers: SettingLayers) throws {
        func read(_ setting: Setting, _ value: inout Int, _ range: ClosedRange<Int>) throws {
            if let text = layers[setting] { value = try text.integer(in: range) }
        }
        try read(.maxInputParts, &service.limits.maximumInputPartCount, 1...10_000)
        try read(.maxTokens, &service.limits.maximumTokenCount, 1...65_536)
        try read(.maxSegments, &service.limits.maximumSegmentCount, 1...1000)
        try read(.maxSteps, &service.limits.maximumStepCount, 1...1000)
        try read(.maxImages, &service.limits.maximumPictureCount, 1...64)
        try read(.maxTexts, &service.limits.maximumTextCount, 1...64)
        try read(.maxBeams, &service.limits.maximumBeamCount, 1...64)
        try read(.maxOptions, &service.limits.maximumOptionCount, 1...10_000)
    }

    /// Settings that bound the same from two sides: a default gives way, two that were given must agree.
    private mutating func checkTogether(_ layers: SettingLayers) throws {
        if service.limits.maximumPictureCount > engine.scheduling.drawingCapacity {
            if let text = layers[.maxImages] {
                throw text.refusal(
                    "is more than max_drawings, \(engine.scheduling.drawingCapacity)"
                )
            }
            service.limits.maximumPictureCount = engine.scheduling.drawingCapacity
        }
        // The most bytes of a body that are none of JSON's are those of a picture in base64.
        let inputByteCount = service.limits.maximumBodyByteCount / 4 * 3
        if inputByteCount > engine.scheduling.inputByteBudget {
            if let text = layers[.maxPendingBytes] {
                throw text.refusal(
                    "is less than the input of one body of max_body_bytes, \(inputByteCount)"
                )
            }
            engine.scheduling.inputByteBudget = inputByteCount
        }
    }

    private mutating func readTimes(_ layers: SettingLayers) throws {
        func read(
            _ setting: Setting,
            _ value: inout Duration,
            _ range: ClosedRange<Duration> = .milliseconds(100)...(.seconds(86_400))
        ) throws {
            if let text = layers[setting] { value = try text.duration(in: range) }
        }
        try read(.maxRequestTimeout, &service.limits.maximumTimeout)
        service.limits.defaultTimeout = min(
            service.limits.defaultTimeout,
            service.limits.maximumTimeout
        )
        let maximum = service.limits.maximumTimeout
        try read(.requestTimeout, &service.limits.defaultTimeout, .milliseconds(1)...maximum)
        try read(.heartbeat, &service.heartbeat)
        try read(.stuckAfter, &service.stuckAfter)
        try read(.idleTimeout, &server.idleTimeout)
        try read(.headTimeout, &server.headTimeout)
        try read(.bodyTimeout, &server.bodyTimeout)
        try read(.writeTimeout, &server.writeStallTimeout)
        try read(.rateGrace, &server.rateGrace)
        try read(.drainTimeout, &server.drainLimit)
        try read(.drainDelay, &drainDelay, .zero...(.seconds(3600)))
    }
}
