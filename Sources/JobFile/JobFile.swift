package import Jobs
internal import Files
internal import Foundation
internal import GRDB

/// A file of SQLite in which jobs are written down: each change is on the disk when it is made, and what is erased can be read
/// nowhere in it any more.
///
/// Threads: every member may be called from any thread; the file is one daemon's alone.
package final class JobFile: JobStorage {
    /// Where it is.
    package let path: String
    private let database: DatabaseQueue
    /// Which file it was when it was opened.
    private let identity: FileIdentity?

    /// Opens a file, or makes it, for its owner alone; one that is something else stays as it is.
    ///
    /// - Throws: `JobStorageError` if it cannot be used, is another program's, or another daemon has it.
    package init(path: String) throws(JobStorageError) {
        self.path = path
        try Self.check(path: path)
        do throws(FileError) {
            try File.makePrivate(path)
        } catch {
            throw JobStorageError(error.description)
        }
        database = try Self.telling(path) {
            // SQLite takes some names for something else: ":memory:", "file:a?mode=memory".
            let database = try DatabaseQueue(
                path: Folder.absolutePath(path),
                configuration: Self.configuration
            )
            try database.write { database in try JobSchema.prepare(database) }
            try database.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA journal_mode = WAL")
                // What a process that was killed had erased may be there still.
                _ = try database.checkpoint(.truncate)
            }
            return database
        }
        identity = FileIdentity(path)
    }

    /// Tells whether a file could be opened, and changes nothing; one that a daemon has is right.
    ///
    /// - Throws: `JobStorageError` if it is something else, or could not be made or written.
    package static func check(path: String) throws(JobStorageError) {
        try refuseOthers(path)
        do throws(FileError) {
            if Folder.hasEntry(path) { try File.checkAccess(path) }
            // The journal is made beside it.
            let place = Folder.target(ofLink: path) ?? path
            try File.checkAccess(Folder.parent(of: place) ?? ".")
        } catch {
            throw JobStorageError(error.description)
        }
    }

    /// Looks at a file that is there without SQLite, which would change what it opens.
    ///
    /// - Throws: `JobStorageError` if it is no file of jobs of this version, and not empty.
    private static func refuseOthers(_ path: String) throws(JobStorageError) {
        guard Folder.hasEntry(path) else { return }
        do throws(FileError) {
            let bytes = try File.prefix(of: path, byteCount: JobSchema.headerByteCount)
            if let fault = JobSchema.fault(ofHeader: bytes) {
                throw FileError(path: path, detail: fault)
            }
        } catch {
            throw JobStorageError(error.description)
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "interleaved.job-file"
        configuration.prepareDatabase { database in
            // Before anything is read: whoever comes second gets an error, and there is no file that others share.
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            // On the disk, not on its way there, when a change has been made.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // What is deleted is overwritten.
            try database.execute(sql: "PRAGMA secure_delete = ON")
        }
        return configuration
    }

    /// Every job of the file, in the order in which they came.
    ///
    /// - Throws: `JobStorageError` if the file holds something else.
    package func load() throws(JobStorageError) -> [StoredJob] {
        var jobs: [StoredJob] = []
        try load { jobs += $0 }
        return jobs
    }

    /// Reads every job of the file, in the order in which they came.
    ///
    /// - Parameter take: Gets some of them at a time.
    /// - Throws: `JobStorageError` if the file holds something else.
    package func load(_ take: ([StoredJob]) -> Void) throws(JobStorageError) {
        var last = Int.min
        while true {
            // Nobody waits for the file while they are taken up, for which it may be written.
            let (jobs, number) = try Self.telling(path) {
                try database.read { database -> ([StoredJob], Int?) in
                    let rows = try Row.fetchAll(
                        database,
                        sql: "SELECT * FROM job WHERE number > ? ORDER BY number LIMIT ?",
                        arguments: [last, Self.portionCount]
                    )
                    return (try rows.map { try StoredJob($0) }, rows.last.map { $0["number"] })
                }
            }
            guard let number else { return }
            take(jobs)
            last = number
        }
    }

    private static let portionCount = 100

    package func insert(_ request: JobRequest, _ start: JobStart) throws(JobStorageError) {
        try write(
            """
            INSERT INTO job (id, request_name, tenant, key, created, model, body, seed, is_background, repetition_key,
                fingerprint, attempts, epoch, maker) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                request.id, request.requestName, request.owner.tenant, request.owner.key,
                request.created, request.model, Data(request.body),
                Int64(bitPattern: request.seed), request.isBackground, request.repetition?.key,
                request.repetition.map { Data($0.fingerprint) }, start.attemptCount, start.epoch,
                start.maker,
            ]
        )
    }

    package func update(_ id: String, _ start: JobStart) throws(JobStorageError) {
        try write(
            "UPDATE job SET attempts = ?, epoch = ?, maker = ? WHERE id = ?",
            [start.attemptCount, start.epoch, start.maker, id]
        )
    }

    package func end(
        _ id: String,
        _ start: JobStart,
        _ ending: JobEnding
    ) throws(JobStorageError) {
        var document: Data?
        var failure: JobFailure?
        switch ending.outcome {
        case .completed(let bytes): document = Data(bytes)
        case .failed(let reason): failure = reason
        }
        try write(
            """
            UPDATE job SET body = x'', epoch = ?, ended = ?, events = ?, document = ?, failure_status = ?, failure_code = ?,
                failure_message = ?, failure_parameter = ?, failure_is_final = ? WHERE id = ?
            """,
            [
                start.epoch, ending.time, Data(EventLines.encode(ending.events)), document,
                failure?.status,
                failure?.code, failure?.message, failure?.parameter, failure?.isFinal, id,
            ]
        )
    }

    package func delete(_ ids: [String]) throws(JobStorageError) {
        try requireFile()
        try Self.telling(path) {
            try database.write { database in
                for id in ids {
                    try database.execute(sql: "DELETE FROM job WHERE id = ?", arguments: [id])
                }
            }
        }
        try clean()
    }

    package func clean() throws(JobStorageError) {
        try Self.telling(path) {
            // The journal has what was written before: it is emptied.
            try database.writeWithoutTransaction { database in
                _ = try database.checkpoint(.truncate)
            }
        }
    }

    /// Writes nothing to a file that nobody would find again.
    private func requireFile() throws(JobStorageError) {
        guard FileIdentity(path) == identity else {
            throw JobStorageError(
                "\(path): was removed, or another file has its name: what is written now would be lost; start the daemon again"
            )
        }
    }

    private func write(
        _ sql: String,
        _ arguments: [(any DatabaseValueConvertible)?]
    ) throws(JobStorageError) {
        try requireFile()
        try Self.telling(path) {
            try database.write { database in
                try database.execute(sql: sql, arguments: StatementArguments(arguments))
            }
        }
    }

    /// Tells errors of the database with the name of the file.
    private static func telling<Result>(
        _ path: String,
        _ body: () throws -> Result
    ) throws(JobStorageError) -> Result {
        do {
            return try body()
        } catch let error as JobStorageError {
            throw JobStorageError("\(path): \(error)")
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            throw JobStorageError("\(path): is in use by another process")
        } catch let error as DatabaseError {
            throw JobStorageError("\(path): \(advice(error, path))")
        } catch {
            throw JobStorageError("\(path): \(error)")
        }
    }

    /// What is wrong, and what to do about it where SQLite's words do not say.
    private static func advice(_ error: DatabaseError, _ path: String) -> String {
        let message = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        return switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            "\(message): move it away, with \(path)-wal, and start anew; what sqlite3 can read of it, its command .recover tells"
        case .SQLITE_CANTOPEN, .SQLITE_READONLY:
            "\(message): the daemon must be able to write in the folder \(Folder.parent(of: path) ?? "."), where its journal is"
        default: message
        }
    }
}
