import Testing

@testable import CommandLine

@Suite struct SettingEnvironmentTests {
    @Test(
        "Variables that Kubernetes makes of a Service and Docker of a link are no settings",
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
            ("INTERLEAVED_NAME", "/web/interleaved"), ("INTERLEAVED_1_NAME", "/web/interleaved_1"),
            ("INTERLEAVED_ENV_LANG", "C.UTF-8"), ("INTERLEAVED_1_ENV_SWIFT_VERSION", "6.3"),
        ]
    )
    func serviceLinks(name: String, text: String) {
        let environment = SettingEnvironment([name: text])
        #expect(environment.settings.isEmpty)
        #expect(environment.faults.isEmpty)
    }

    @Test("A port in the environment that is no link is the setting")
    func port() {
        let given = SettingEnvironment(["INTERLEAVED_PORT": "9000"]).settings
        #expect(given.map(\.setting.name) == ["port"])
        #expect(given.map(\.text) == ["9000"])
    }

    @Test("A letter that only looks like one of a name makes another name")
    func lookalikes() {
        let environment = SettingEnvironment(["INTERLEAVED_STUC\u{212A}_AFTER": "5s"])
        #expect(environment.settings.isEmpty)
        #expect(environment.faults.count == 1)
    }

    @Test("An empty variable is not set", arguments: ["INTERLEAVED_PORT", "INTERLEAVED_COLOUR"])
    func empty(name: String) {
        let environment = SettingEnvironment([name: ""])
        #expect(environment.settings.isEmpty)
        #expect(environment.faults.isEmpty)
    }

    @Test(
        "Any other variable of the prefix is refused by its name",
        arguments: [
            "INTERLEAVED_COLOUR", "INTERLEAVED_GPU_PORT", "INTERLEAVED_PORT_X_TCP",
            "INTERLEAVED_NAME", "INTERLEAVED_ENV",
        ]
    )
    func unknown(name: String) {
        let faults = SettingEnvironment([name: "red"]).faults
        #expect(faults.count == 1)
        #expect(faults.first?.description.hasPrefix("\(name) is no setting") == true)
    }

    @Test("A variable that is nearly one of ours is told which")
    func suggests() {
        let faults = SettingEnvironment(["INTERLEAVED_MAX_QUEU": "1"]).faults
        #expect(
            faults.map(\.description) == [
                "INTERLEAVED_MAX_QUEU is no setting; did you mean \"INTERLEAVED_MAX_QUEUE\"?"
            ]
        )
    }
}
