import Files
import Glibc
import TestSupport
import Testing

@testable import CommandLine

@Suite struct InstallationTests {
    @Test("Files are looked for beside the program, never first in the working folder")
    func folders() {
        let built = Installation.folders(
            checkoutPath: "Models",
            packageName: "models",
            program: "/src/interleaved/.build/x86_64-unknown-linux-gnu/release/interleaved"
        )
        #expect(built.first == "/src/interleaved/Models")
        let installed = Installation.folders(
            checkoutPath: "Models",
            packageName: "models",
            program: "/opt/interleaved/bin/interleaved"
        )
        #expect(installed.contains("/opt/interleaved/share/interleaved/models"))
        #expect(installed.last == "/usr/share/interleaved/models")
        for folder in built + installed { #expect(folder.hasPrefix("/")) }
    }

    @Test("The program's path is that of its file, however it was called")
    func program() {
        #expect(Installation.programPath.hasPrefix("/"))
        #expect(Folder.hasEntry(Installation.programPath))
    }

    @Test("A program that belongs to this one is found beside it, or not at all")
    func companions() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "libexec/interleaved/swift-backtrace"
        let program = directory.path + "bin/interleaved"
        #expect(Installation.companion("swift-backtrace", of: program) == nil)
        try Folder.make(directory.path + "libexec")
        try Folder.make(directory.path + "libexec/interleaved")
        try directory.write([], to: "libexec/interleaved/swift-backtrace")
        #expect(Installation.companion("swift-backtrace", of: program) == nil)
        unsafe chmod(path, 0o755)
        #expect(Installation.companion("swift-backtrace", of: program) == path)
    }

    @Test("A model's name means the installed model; a path means the path")
    func names() throws {
        let directory = try TemporaryDirectory()
        try Folder.make(directory.path + "models/small")
        let folders = [directory.path + "models"]
        #expect(try ModelCatalog.path("small", in: folders) == directory.path + "models/small")
        #expect(try ModelCatalog.path("/tmp", in: folders) == "/tmp")
        for path in [".", ".."] { #expect(try ModelCatalog.path(path, in: folders) == path) }
        let error = #expect(throws: CommandError.self) {
            try ModelCatalog.path("absent", in: folders)
        }
        #expect(error?.description.contains("there is no model \"absent\"") == true)
        #expect(throws: CommandError.self) { try ModelCatalog.path("", in: folders) }
    }
}
