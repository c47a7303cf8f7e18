import Foundation
import GRDB
import JobFile
import Jobs
import TestSupport
import Testing

@Suite("The file of jobs")
struct JobFileTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private var path: String { folder.path + "/jobs.sqlite" }

    private func request(_ id: String, isWhole: Bool = true) -> JobRequest {
        JobRequest(
            id: id,
            requestName: "r\u{e9}\n",
            owner: .init(tenant: isWhole ? "t" : nil, key: isWhole ? "k" : nil),
            created: 1_796_000_000,
            model: "m",
            body: Array("{\"secret-\(id)\":1}".utf8) + [0, 255],
            seed: isWhole ? .max : 0,
            isBackground: isWhole,
            repetition: isWhole ? .init(key: "i", fingerprint: [0, 1, 255]) : nil
        )
    }

    private func start(_ count: Int) -> JobStart {
        var start = JobStart()
        start.attemptCount = count
        start.epoch = count + 1
        start.maker = "maker \(count)"
        return start
    }

    @Test("Holds everything of a job, in the order in which they came")
    func holds() throws {
        var file: JobFile? = try JobFile(path: path)
        try file?.insert(request("b"), JobStart())
        try file?.insert(request("a", isWhole: false), start(1))
        try file?.insert(request("c"), start(1))
        try file?.update("b", start(2))
        let events = [
            JobLog.Event(name: "interleave.created", data: Array("{\"type\":1}".utf8)),
            JobLog.Event(name: "e", data: []),
        ]
        let failure = JobFailure(
            status: 504,
            code: "late",
            message: "\u{e9}",
            parameter: "timeout_ms",
            isFinal: true
        )
        try file?.end(
            "b",
            start(2),
            JobEnding(outcome: .completed(document: [0, 1]), events: events, time: 5)
        )
        try file?.end("a", start(1), JobEnding(outcome: .failed(failure), events: [], time: 6))
        // As the next process has it.
        file = nil
        let jobs = try JobFile(path: path).load()
        #expect(jobs.map(\.request.id) == ["b", "a", "c"])
        #expect(jobs[0].start == start(2) && jobs[1].start == start(1))
        let ending = JobEnding(outcome: .completed(document: [0, 1]), events: events, time: 5)
        #expect(jobs[0].ending == ending && jobs[0].request.body.isEmpty)
        #expect(jobs[1].ending == JobEnding(outcome: .failed(failure), events: [], time: 6))
        #expect(jobs[2] == StoredJob(request: request("c"), start: start(1), ending: nil))
    }

    @Test("Is its owner's alone, and so are those beside it")
    func isPrivate() throws {
        _ = FileManager.default.createFile(
            atPath: path,
            contents: nil,
            attributes: [.posixPermissions: 0o644]
        )
        let file = try JobFile(path: path)
        try file.insert(request("a"), JobStart())
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count > 1, "there is a journal")
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: folder.path + "/" + name
            )
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    @Test("Has nothing of a job that is erased, not even where it was")
    func erases() throws {
        let file = try JobFile(path: path)
        try file.insert(request("a"), JobStart())
        try file.insert(request("b"), JobStart())
        func contains(_ words: String) throws -> Bool {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).contains { name in
                let url = URL(fileURLWithPath: folder.path + "/" + name)
                return try Data(contentsOf: url).range(of: Data(words.utf8)) != nil
            }
        }
        #expect(try contains("secret-a") && contains("secret-b"))
        try file.delete(["a"])
        #expect(try !contains("secret-a"))
        #expect(try contains("secret-b"))
        #expect(try file.load().map(\.request.id) == ["b"])
    }

    @Test("Writes changes ahead of where they belong")
    func writesAhead() throws {
        _ = try JobFile(path: path)
        let database = try DatabaseQueue(path: path)
        let mode = try database.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
        #expect(mode == "wal")
    }

    @Test("Is one process's alone")
    func isExclusive() throws {
        let file = try JobFile(path: path)
        try file.insert(request("a"), JobStart())
        #expect(throws: JobStorageError("\(path): is in use by another process")) {
            try JobFile(path: path)
        }
        #expect(try file.load().count == 1)
    }

    @Test("Is refused where it is something else, and told by its name")
    func refusesOthers() throws {
        try Data("this is no database, and has been none for a long time".utf8)
            .write(to: URL(fileURLWithPath: path))
        let fault = "is no database, and none of this program's: name another file"
        #expect(throws: JobStorageError("\(path): \(fault)")) {
            try JobFile(path: path)
        }
        let other = folder.path + "/other.sqlite"
        try DatabaseQueue(path: other).write { try $0.execute(sql: "CREATE TABLE a (b)") }
        #expect(throws: JobStorageError("\(other): is a database of another program")) {
            try JobFile(path: other)
        }
        let newer = folder.path + "/newer.sqlite"
        _ = try JobFile(path: newer)
        try DatabaseQueue(path: newer).write { try $0.execute(sql: "PRAGMA user_version = 2") }
        #expect(
            throws: JobStorageError("\(newer): is of version 2, this program writes version 1")
        ) { try JobFile(path: newer) }
        #expect(throws: JobStorageError.self) { try JobFile(path: folder.path) }
        #expect(throws: JobStorageError.self) { try JobFile(path: folder.path + "/none/jobs") }
    }

    @Test("Is checked without being made or taken from the daemon that has it")
    func isChecked() throws {
        try JobFile.check(path: path)
        #expect(!FileManager.default.fileExists(atPath: path))
        let file = try JobFile(path: path)
        try file.insert(request("a"), JobStart())
        try JobFile.check(path: path)
        try file.insert(request("b"), JobStart())
        #expect(try file.load().count == 2)
    }

    @Test("Is told to be unusable by a check as by a daemon")
    func checkRefuses() throws {
        let other = folder.path + "/other.sqlite"
        try DatabaseQueue(path: other).write { try $0.execute(sql: "CREATE TABLE a (b)") }
        #expect(throws: JobStorageError("\(other): is a database of another program")) {
            try JobFile.check(path: other)
        }
        #expect(throws: JobStorageError.self) {
            try JobFile.check(path: folder.path + "/none/jobs")
        }
        let pipe = folder.path + "/pipe"
        try #require(unsafe mkfifo(pipe, 0o600) == 0)
        for path in [folder.path, pipe, "/dev/full"] {
            #expect(throws: JobStorageError.self, "\(path)") { try JobFile.check(path: path) }
            #expect(throws: JobStorageError.self, "\(path)") { try JobFile(path: path) }
        }
    }

    @Test("Is not touched where it is something else, through a link neither")
    func leavesOthers() throws {
        let text = folder.path + "/text"
        try Data("precious".utf8).write(to: URL(fileURLWithPath: text))
        let other = folder.path + "/other.sqlite"
        try DatabaseQueue(path: other).write { try $0.execute(sql: "CREATE TABLE a (b)") }
        let manager = FileManager.default
        for target in [text, other] {
            try manager.setAttributes([.posixPermissions: 0o644], ofItemAtPath: target)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: target))
            let link = target + ".link"
            try manager.createSymbolicLink(atPath: link, withDestinationPath: target)
            for path in [target, link] {
                #expect(throws: JobStorageError.self) { try JobFile(path: path) }
                #expect(throws: JobStorageError.self) { try JobFile.check(path: path) }
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == bytes)
            let mode = try manager.attributesOfItem(atPath: target)[.posixPermissions] as? Int
            #expect(mode == 0o644)
        }
        #expect(try manager.contentsOfDirectory(atPath: folder.path).count == 4)
    }

    @Test("Is a file whatever its name, those included that SQLite has a meaning of its own for")
    func takesNamesAsTheyAre() throws {
        for name in [":memory:", "file:a?mode=memory"] {
            // Names without a folder are what SQLite takes so: the file stands where the test runs.
            defer {
                for end in ["", "-wal", "-journal"] { unsafe _ = unlink(name + end) }
            }
            var file: JobFile? = try JobFile(path: name)
            try file?.insert(request("a"), JobStart())
            file = nil
            #expect(FileManager.default.fileExists(atPath: name))
            #expect(try JobFile(path: name).load().count == 1)
        }
    }

    @Test("Has no document of a job that has ended once it is cleaned")
    func cleans() throws {
        func contains(_ words: String) throws -> Bool {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).contains { name in
                let url = URL(fileURLWithPath: folder.path + "/" + name)
                return try Data(contentsOf: url).range(of: Data(words.utf8)) != nil
            }
        }
        let file = try JobFile(path: path)
        try file.insert(request("a"), JobStart())
        try file.end(
            "a",
            JobStart(),
            JobEnding(outcome: .completed(document: []), events: [], time: 1)
        )
        #expect(try contains("secret-a"), "the journal has what was written before")
        try file.clean()
        #expect(try !contains("secret-a"))
        // The file alone has everything then: that of another folder, as a copy of it is.
        let copy = folder.path + "/copy.sqlite"
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        #expect(try JobFile(path: copy).load().count == 1)
    }

    @Test("Is not written to once it is gone, as nobody would find it again")
    func noticesLoss() throws {
        let file = try JobFile(path: path)
        try file.insert(request("a"), JobStart())
        try FileManager.default.removeItem(atPath: path)
        #expect(throws: JobStorageError.self) { try file.insert(request("b"), JobStart()) }
        #expect(throws: JobStorageError.self) { try file.delete(["a"]) }
    }

    @Test(
        "Is refused with the row where a value is none that this program writes",
        arguments: [
            ("ended", Int.min), ("ended", Int.max), ("epoch", Int.max), ("epoch", 0),
            ("attempts", -1), ("created", -1),
        ]
    )
    func checksValues(_ column: String, _ value: Int) throws {
        var file: JobFile? = try JobFile(path: path)
        try file?.insert(request("a"), JobStart())
        file = nil
        try DatabaseQueue(path: path).write {
            try $0.execute(sql: "UPDATE job SET \(column) = ?", arguments: [value])
        }
        let opened = try JobFile(path: path)
        do {
            _ = try opened.load()
            Issue.record("it was taken")
        } catch {
            let words = "\(path): the job in row 1 has \(column) \(value),"
            #expect(error.description.hasPrefix(words))
        }
    }
}
