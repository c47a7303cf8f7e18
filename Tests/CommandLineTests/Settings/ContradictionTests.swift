import Engine
import Scheduling
import ServiceAPI
import Testing

@testable import CommandLine

@Suite("Settings that contradict each other")
struct ContradictionTests {
    private func configuration(_ flags: [String: String]) throws -> DaemonConfiguration {
        try EffectiveSettings(file: nil, environment: [:], flags: flags).checked()
    }

    @Test(
        "Two that were given are refused, by name and value",
        arguments: [
            (["max_images": "16"], "--max-images", "max_drawings, 8"),
            (["max_images": "4", "max_drawings": "3"], "--max-images", "max_drawings, 3"),
            (
                ["max_pending_bytes": "1MiB"], "--max-pending-bytes",
                "3/4 of max_body_bytes, 48MiB"
            ),
            (["max_request_pixels": "1000"], "--max-request-pixels", "40000000"),
            (["tls_certificate": "a.pem"], "--tls-certificate", "given without tls_key"),
            (["tls_key": "a.pem"], "--tls-key", "given without tls_certificate"),
            (["max_decoding_pixels": "1000"], "--max-decoding-pixels", "40000000"),
        ] as [([String: String], String, String)]
    )
    func refuses(_ flags: [String: String], _ name: String, _ limit: String) throws {
        let error = #expect(throws: SettingFaults.self) { _ = try configuration(flags) }
        #expect(error?.description.contains(name) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains(limit) == true, "\(error?.description ?? "")")
    }

    @Test("A certificate goes with its key")
    func takesBoth() throws {
        let both = try configuration(["tls_certificate": "a.pem", "tls_key": "b.pem"])
        #expect(both.tlsCertificate == "a.pem" && both.tlsKey == "b.pem")
        let neither = try configuration(["tls_certificate": "none", "tls_key": "none"])
        #expect(neither.tlsCertificate == nil && neither.tlsKey == nil)
    }

    @Test("A default gives way")
    func givesWay() throws {
        #expect(
            try configuration(["max_drawings": "3"]).service.limits.maximumPictureCount == 3
        )
        let both = try configuration(["max_images": "16", "max_drawings": "16"])
        #expect(both.service.limits.maximumPictureCount == 16)
        #expect(
            try configuration(["max_body_bytes": "1GiB"]).engine.scheduling.inputByteBudget
                >= (1 << 30) / 4 * 3
        )
        let pixels = try configuration(["max_image_pixels": "900000000"]).engine
        #expect(pixels.maximumRequestPixelCount >= 900_000_000)
        #expect(pixels.maximumDecodingPixelCount >= 900_000_000)
    }
}
