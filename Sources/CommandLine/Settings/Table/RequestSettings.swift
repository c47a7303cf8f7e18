import Engine
import HTTPServer
import HTTPWire
import MMInterleaved
import Scheduling
import ServiceAPI

/// What a request may ask for.
enum RequestSettings: SettingSection {
    static let title = "What a request may ask for"

    private static let mostPixels = 1_000_000_000

    static let settings = sizes + counts + times

    private static let sizes: [Setting] = [
        Setting(
            "max_body_bytes",
            "Largest request body.",
            .byteCount(1 << 10...1 << 30),
            \.maximumBodyByteCount
        ),
        Setting(
            "max_header_bytes",
            "Largest header of a request, all fields together.",
            .byteCount(1 << 10...1 << 20),
            \.server.limits.maximumFieldByteCount
        ),
        Setting(
            "max_image_pixels",
            "Most pixels of a picture in a request.",
            .integer(1...mostPixels),
            \.engine.maximumPixelCount
        ),
        Setting(
            "max_request_pixels",
            "Most pixels of all pictures of a request.",
            .integer(1...100 * mostPixels),
            \.engine.maximumRequestPixelCount,
            .atLeast,
            "max_image_pixels",
            \.engine.maximumPixelCount
        ),
        Setting(
            "max_input_parts",
            "Most texts and pictures of one input.",
            .integer(1...10_000),
            \.service.limits.maximumInputPartCount
        ),
    ]

    private static let counts: [Setting] = [
        Setting(
            "max_tokens",
            "Most new tokens of a text segment (text.max_tokens).",
            .integer(GenerationRange.tokenCount),
            \.service.limits.maximumTokenCount
        ),
        Setting(
            "max_segments",
            "Most segments of an answer (max_segments).",
            .integer(GenerationRange.segmentCount),
            \.service.limits.maximumSegmentCount
        ),
        Setting(
            "max_steps",
            "Most denoising steps of a picture (image.steps).",
            .integer(GenerationRange.stepCount),
            \.service.limits.maximumStepCount
        ),
        Setting(
            "max_images",
            "Most pictures of one context (image.n).",
            .integer(GenerationRange.pictureCount),
            \.service.limits.maximumPictureCount,
            .atMost,
            "max_drawings",
            \.engine.scheduling.drawingCapacity
        ),
        Setting(
            "max_texts",
            "Most texts of one context (text.n).",
            .integer(GenerationRange.textCount),
            \.service.limits.maximumTextCount
        ),
        Setting(
            "max_beams",
            "Most beams (text.num_beams).",
            .integer(GenerationRange.beamCount),
            \.service.limits.maximumBeamCount
        ),
        Setting(
            "image_metadata",
            "Whether PNG files tell how they were made (never words of the prompt), where a request does not say.",
            .yesOrNo,
            \.service.limits.writesMetadata
        ),
        Setting(
            "max_options",
            "Most options to score.",
            .integer(1...10_000),
            \.service.limits.maximumOptionCount
        ),
    ]

    private static let times: [Setting] = [
        Setting(
            "request_timeout",
            "Time of a request that sets no timeout_ms, counted from its arrival: waiting counts too.",
            .duration(.milliseconds(1)...(.seconds(86_400))),
            \.service.limits.defaultTimeout,
            .atMost,
            "max_request_timeout",
            \.service.limits.maximumTimeout
        ),
        Setting(
            "max_request_timeout",
            "Longest timeout_ms that a request may set for itself.",
            .duration(.milliseconds(100)...(.seconds(86_400))),
            \.service.limits.maximumTimeout
        ),
    ]
}
