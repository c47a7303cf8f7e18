import ArgumentParser
import Testing

@testable import CommandLine

@Suite struct EnvironmentTests {
    private func layers(_ environment: [String: String]) throws -> SettingLayers {
        try SettingLayers(file: nil, environment: environment, flags: [:])
    }

    @Test(
        "Variables that Kubernetes makes of a Service are no settings",
        arguments: [
            ("INTERLEAVED_SERVICE_HOST", "10.0.0.1"),
            ("INTERLEAVED_SERVICE_PORT", "8080"),
            ("INTERLEAVED_SERVICE_PORT_HTTP", "8080"),
            ("INTERLEAVED_PORT", "tcp://10.0.0.1:8080"),
            ("INTERLEAVED_PORT", "udp://10.0.0.1:53"),
            ("INTERLEAVED_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
            ("INTERLEAVED_PORT_8080_TCP_PROTO", "tcp"),
            ("INTERLEAVED_PORT_8080_TCP_PORT", "8080"),
            ("INTERLEAVED_PORT_8080_TCP_ADDR", "10.0.0.1"),
            ("INTERLEAVED_PORT_53_UDP_ADDR", "10.0.0.1"),
            ("INTERLEAVED_GPU_POOL_SERVICE_HOST", "10.0.0.1"),
            ("INTERLEAVED_GPU_PORT", "tcp://10.0.0.1:80"),
            ("INTERLEAVED_GPU_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ]
    )
    func serviceLinks(name: String, text: String) throws {
        let layers = try layers([name: text])
        for setting in Setting.allCases { #expect(layers[setting] == nil) }
    }

    @Test("A port in the environment that is no link is the setting")
    func port() throws {
        #expect(try layers(["INTERLEAVED_PORT": "9000"])[.port]?.text == "9000")
    }

    @Test("An empty variable is not set", arguments: ["INTERLEAVED_PORT", "INTERLEAVED_COLOUR"])
    func empty(name: String) throws {
        #expect(try layers([name: ""])[.port] == nil)
    }

    @Test(
        "Any other variable of the prefix is refused by its name",
        arguments: ["INTERLEAVED_COLOUR", "INTERLEAVED_GPU_PORT", "INTERLEAVED_PORT_X_TCP"]
    )
    func unknown(name: String) throws {
        let error = #expect(throws: ValidationError.self) { try layers([name: "red"]) }
        #expect(error?.message.hasPrefix("\(name) is no setting") == true)
    }
}
