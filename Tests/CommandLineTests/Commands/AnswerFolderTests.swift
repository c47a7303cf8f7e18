import Files
import TestSupport
import Testing

@testable import CommandLine

@Suite struct AnswerFolderTests {
    @Test("A folder with anything in it is refused, and stays as it is")
    func refuses() throws {
        let directory = try TemporaryDirectory()
        try directory.write([1], to: "answer.json")
        let error = #expect(throws: CommandError.self) {
            try AnswerFolder.prepare(directory.path, replacing: false)
        }
        #expect(error?.description.contains("--force") == true)
        #expect(try directory.fileNames() == ["answer.json"])
    }

    @Test("A new and an empty folder are taken")
    func fresh() throws {
        let directory = try TemporaryDirectory()
        try AnswerFolder.prepare(directory.path + "a/b", replacing: false)
        try AnswerFolder.prepare(directory.path + "a/b", replacing: false)
    }

    @Test("Replacing removes earlier answers and nothing else")
    func replaces() throws {
        let directory = try TemporaryDirectory()
        let answers = ["answer.json", "segment-0.png", "segment-12-1.webp", "round-3.jpeg"]
        let others = [
            "segment-٣.png", "notes.txt", "segment.png", "segment-a.png", "segment-1-2-3.png",
            "x.json",
        ]
        try Folder.make(directory.path + "٣")
        try directory.write([1], to: "٣/answer.json")
        try Folder.make(directory.path + "0")
        try Folder.make(directory.path + "other")
        for name in answers {
            try directory.write([1], to: name)
            try directory.write([1], to: "0/" + name)
            try directory.write([1], to: "other/" + name)
        }
        for name in others { try directory.write([1], to: name) }
        try AnswerFolder.prepare(directory.path, replacing: true)
        #expect(try directory.fileNames() == (others + ["0", "٣", "other"]).sorted())
        #expect(try Folder.entries(of: directory.path + "٣") == ["answer.json"])
        #expect(try Folder.entries(of: directory.path + "0").isEmpty)
        #expect(try Folder.entries(of: directory.path + "other").count == answers.count)
    }
}
