package import Jobs
internal import Files
internal import Foundation
internal import GRDB

/// A file of SQLite in which jobs are written down: each change is on the disk when it is made, and what is erased can be read
/// nowhere in it any more.
///
/// Threads: every member may be called from any thread; the file is one daemon's alone.
package final class JobFile: JobStorage {
    private let path: String
    private let database: DatabaseQueue

    /// Opens a file, or makes it, for its owner alone.
    ///
    /// - Throws: `JobStorageError` if it cannot be used, is another program's, or another daemon has it.
    package init(path: String) throws(JobStorageError) {
        self.path = path
        do throws(FileError) {
            try File.makePrivate(path)
        } catch {
            throw JobStorageError(error.description)
        }
        database = try Self.telling(path) {
            let database = try DatabaseQueue(path: path, configuration: Self.configuration)
            try database.write { database in try JobSchema.prepare(database) }
            return database
        }
    }

    /// Tells whether a file could be opened, and changes nothing; one that a daemon has is right.
    ///
    /// - Throws: `JobStorageError` if it is another program's, or could not be made.
    package static func check(path: String) throws(JobStorageError) {
        guard Folder.hasEntry(path) else {
            do throws(FileError) {
                return try File.checkWritable(path)
            } catch {
                throw JobStorageError(error.description)
            }
        }
        try telling(path) {
            var configuration = Configuration()
            configuration.readonly = true
            do {
                try DatabaseQueue(path: path, configuration: configuration).read { database in
                    _ = try JobSchema.isMissing(in: database)
                }
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {}
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "interleaved.job-file"
        configuration.prepareDatabase { database in
            // Before anything is read: whoever comes second gets an error, and there is no file that others share.
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            try database.execute(sql: "PRAGMA journal_mode = WAL")
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
        try Self.telling(path) {
            try database.read { database in
                try Row.fetchAll(database, sql: "SELECT * FROM job ORDER BY number").map { row in
                    try StoredJob(row)
                }
            }
        }
    }

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

    package func end(_ id: String, _ ending: JobEnding) throws(JobStorageError) {
        var document: Data?
        var failure: JobFailure?
        switch ending.outcome {
        case .completed(let bytes): document = Data(bytes)
        case .failed(let reason): failure = reason
        }
        try write(
            """
            UPDATE job SET body = x'', ended = ?, events = ?, document = ?, failure_status = ?, failure_code = ?,
                failure_message = ?, failure_parameter = ?, failure_is_final = ? WHERE id = ?
            """,
            [
                ending.time, Data(EventLines.encode(ending.events)), document, failure?.status,
                failure?.code, failure?.message, failure?.parameter, failure?.isFinal, id,
            ]
        )
    }

    package func delete(_ ids: [String]) throws(JobStorageError) {
        try Self.telling(path) {
            try database.write { database in
                for id in ids {
                    try database.execute(sql: "DELETE FROM job WHERE id = ?", arguments: [id])
                }
            }
            // The journal has what was written before: it is emptied.
            try database.writeWithoutTransaction { database in
                _ = try database.checkpoint(.truncate)
            }
        }
    }

    private func write(
        _ sql: String,
        _ arguments: [(any DatabaseValueConvertible)?]
    ) throws(JobStorageError) {
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
            throw JobStorageError(
                "\(path): \(error.message ?? "SQLite error \(error.resultCode.rawValue)")"
            )
        } catch {
            throw JobStorageError("\(path): \(error)")
        }
    }
}
