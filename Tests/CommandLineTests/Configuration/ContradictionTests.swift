import ArgumentParser
import Engine
import Scheduling
import ServiceAPI
import Testing

@testable import CommandLine

@Suite("Settings that contradict each other")
struct ContradictionTests {
    private func configuration(_ flags: [Setting: String]) throws -> DaemonConfiguration {
        try DaemonConfiguration(SettingLayers(file: nil, environment: [:], flags: flags))
    }

    @Test(
        "Two that were given are refused, by name and value",
        arguments: [
            ([.maxImages: "16"], "--max-images", "max_drawings, 8"),
            ([.maxImages: "4", .maxDrawings: "3"], "--max-images", "max_drawings, 3"),
            (
                [.maxPendingBytes: "1MiB"], "--max-pending-bytes",
                "max_body_bytes, 50331648"
            ),
            ([.maxRequestPixels: "1000"], "--max-request-pixels", "40000000"),
            ([.maxDecodingPixels: "1000"], "--max-decoding-pixels", "40000000"),
        ] as [([Setting: String], String, String)]
    )
    func refuses(_ flags: [Setting: String], _ name: String, _ limit: String) throws {
        let error = #expect(throws: ValidationError.self) { _ = try configuration(flags) }
        #expect(error?.message.contains(name) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(limit) == true, "\(error?.message ?? "")")
    }

    @Test("A default gives way")
    func givesWay() throws {
        #expect(
            try configuration([.maxDrawings: "3"]).service.limits.maximumPictureCount == 3
        )
        let both = try configuration([.maxImages: "16", .maxDrawings: "16"])
        #expect(both.service.limits.maximumPictureCount == 16)
        #expect(
            try configuration([.maxBodyBytes: "1GiB"]).engine.scheduling.inputByteBudget
                >= (1 << 30) / 4 * 3
        )
        let pixels = try configuration([.maxImagePixels: "900000000"]).engine
        #expect(pixels.maximumRequestPixelCount >= 900_000_000)
        #expect(pixels.maximumDecodingPixelCount >= 900_000_000)
    }
}
