import Testing

@testable import CommandLine

@Suite struct FirstRequestTests {
    @Test("The first thing to copy asks for a picture and shows where it is")
    func command() {
        let command = FirstRequest.command("http://[::1]:80")
        #expect(command.hasPrefix("curl -s http://[::1]:80/v1/interleave "))
        #expect(command.contains(#""mode":"image""#))
        #expect(command.hasSuffix("> picture.png"))
        #expect(!command.contains("\n"))
    }

    @Test("A daemon that listens at a socket file is asked through it, whatever its path")
    func socketFile() {
        let command = FirstRequest.command("unix:/tmp/it's here")
        #expect(
            command.hasPrefix(
                #"curl -s --unix-socket '/tmp/it'\''s here' http://localhost/v1/interleave "#
            )
        )
    }
}
