import Files
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct FileTests {
    @Test("What is written is read back, and a file of that name is replaced")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)a.txt"
        try File.write(Array("first".utf8), to: path)
        try File.write(Array("second".utf8), to: path)
        #expect(try File.readText(path, maximumByteCount: 6) == "second")
        #expect(try Folder.entries(of: directory.path) == ["a.txt"])
    }

    @Test("A file one byte over the limit is refused with the limit")
    func limit() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)a"
        try File.write([1, 2, 3], to: path)
        let error = #expect(throws: FileError.self) {
            try File.read(path, maximumByteCount: 2)
        }
        #expect(error?.description == "\(path): is larger than 2 bytes")
    }

    @Test("Errors name the path and the system's reason")
    func reasons() throws {
        let missing = #expect(throws: FileError.self) {
            try File.read("/nowhere/file", maximumByteCount: 1)
        }
        #expect(
            missing?.description == "/nowhere/file: cannot be read: No such file or directory"
        )
        let folder = #expect(throws: FileError.self) { try File.read("/", maximumByteCount: 1) }
        #expect(folder?.description == "/: cannot be read: Is a directory")
        let unwritable = #expect(throws: FileError.self) { try File.write([], to: "/proc/x") }
        #expect(unwritable?.path == "/proc/x")
        #expect(unwritable?.detail.hasPrefix("cannot be written: ") == true)
        let device = #expect(throws: FileError.self) { try File.write([1], to: "/dev/full") }
        #expect(device?.detail == "cannot be written: No space left on device")
    }

    @Test(
        "What is no file is refused at once with what it is: a pipe, a device",
        .timeLimit(.minutes(1))
    )
    func special() throws {
        let directory = try TemporaryDirectory()
        let pipe = "\(directory.path)pipe"
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        for (path, mayBePipe, reason) in [
            (pipe, false, "Is a pipe"), (pipe, true, "Nobody writes to this pipe"),
            ("/dev/zero", false, "Is a device"), ("/dev/null", true, "Is a device"),
        ] {
            let error = #expect(throws: FileError.self) {
                try File.read(path, maximumByteCount: 9, mayBePipe: mayBePipe)
            }
            #expect(error?.description == "\(path): cannot be read: \(reason)")
        }
    }

    @Test(
        "A pipe that is written to is read to its end, where a pipe may be",
        .timeLimit(.minutes(1))
    )
    func readsPipe() throws {
        var ends: [Int32] = [0, 0]
        let status = unsafe pipe(&ends)
        try #require(status == 0)
        let (reader, writer) = (ends[0], ends[1])
        // A thread of its own: those that run tests may all be busy.
        Thread.detachNewThread {
            for piece in ["a", "b"] { unsafe _ = write(writer, piece, 1) }
            close(writer)
        }
        // As a shell names the pipe of `<(command)`.
        let text = try File.readText("/dev/fd/\(reader)", maximumByteCount: 9, mayBePipe: true)
        #expect(text == "ab")
        close(reader)
    }

    @Test("A private file that a group may read can be read by it after it was replaced")
    func keepsGroup() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)a"
        for (before, after) in [(mode_t(0o640), mode_t(0o640)), (0o666, 0o640), (0o600, 0o600)] {
            try File.writePrivately([1], to: path)
            #expect(unsafe chmod(path, before) == 0)
            try File.writePrivately([2], to: path)
            var status = stat()
            #expect(unsafe stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == after)
        }
    }

    @Test("Text that is no UTF-8 is refused")
    func encoding() throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)a"
        try File.write([0xff], to: path)
        #expect(throws: FileError.self) { try File.readText(path, maximumByteCount: 9) }
    }
}

@Suite struct FolderTests {
    @Test("A folder is made with those above it, and may be there already")
    func make() throws {
        let directory = try TemporaryDirectory()
        try Folder.make("\(directory.path)a/b/c")
        try Folder.make("\(directory.path)a/b/c/")
        #expect(Folder.isFolder("\(directory.path)a/b/c"))
    }

    @Test("A folder is not made where a file has its name")
    func makeOverFile() throws {
        let directory = try TemporaryDirectory()
        try File.write([], to: "\(directory.path)a")
        let error = #expect(throws: FileError.self) { try Folder.make("\(directory.path)a") }
        #expect(error?.description == "\(directory.path)a: cannot be made: File exists")
        #expect(throws: FileError.self) { try Folder.make("\(directory.path)a/b") }
    }

    @Test("Moving does not replace what is there")
    func move() throws {
        let directory = try TemporaryDirectory()
        try Folder.make("\(directory.path)a")
        try Folder.make("\(directory.path)b")
        let error = #expect(throws: FileError.self) {
            try Folder.move("\(directory.path)a", to: "\(directory.path)b")
        }
        #expect(error?.path == "\(directory.path)b")
        try Folder.move("\(directory.path)a", to: "\(directory.path)c")
        #expect(try Folder.entries(of: directory.path) == ["b", "c"])
    }

    @Test("Removing a folder removes what is in it, and links but not their targets")
    func remove() throws {
        let directory = try TemporaryDirectory()
        try Folder.make("\(directory.path)a/b")
        try File.write([1], to: "\(directory.path)a/b/file")
        try Folder.remove("\(directory.path)a")
        #expect(!Folder.hasEntry("\(directory.path)a"))
    }

    @Test("Whether a file can be written is known before")
    func checksWritable() throws {
        let directory = try TemporaryDirectory()
        try File.checkWritable(directory.path + "new")
        try File.checkWritable("/dev/null")
        try File.checkWritable("name")
        for path in [directory.path, directory.path + "absent/new", ""] {
            let before = #expect(throws: FileError.self) { try File.checkWritable(path) }
            let after = #expect(throws: FileError.self) { try File.write([1], to: path) }
            #expect(before == after)
        }
    }
}
