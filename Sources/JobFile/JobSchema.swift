internal import GRDB
internal import Jobs

/// The table of a file of jobs.
enum JobSchema {
    /// What tells the file from those of other programs: "ILVJ".
    private static let application = 0x494C_564A
    private static let version = 1

    /// Makes the table in a new file, or checks that it is there.
    ///
    /// - Throws: `JobStorageError` if the file is another program's or another version's.
    static func prepare(_ database: Database) throws {
        if try isMissing(in: database) { try make(database) }
    }

    /// Whether the file is empty; otherwise the table is there.
    ///
    /// - Throws: `JobStorageError` if the file is another program's or another version's.
    static func isMissing(in database: Database) throws -> Bool {
        let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        if application == 0, version == 0, count == 0 { return true }
        guard application == Self.application else {
            throw JobStorageError("is a database of another program")
        }
        guard version == Self.version else {
            throw JobStorageError(
                "is of version \(version), this program writes version \(Self.version)"
            )
        }
        return false
    }

    private static func make(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE job (
                    number INTEGER PRIMARY KEY AUTOINCREMENT,
                    id TEXT NOT NULL UNIQUE,
                    request_name TEXT NOT NULL,
                    tenant TEXT,
                    key TEXT,
                    created INTEGER NOT NULL,
                    model TEXT NOT NULL,
                    body BLOB NOT NULL,
                    seed INTEGER NOT NULL,
                    is_background INTEGER NOT NULL,
                    repetition_key TEXT,
                    fingerprint BLOB,
                    attempts INTEGER NOT NULL,
                    epoch INTEGER NOT NULL,
                    maker TEXT,
                    ended INTEGER,
                    events BLOB,
                    document BLOB,
                    failure_status INTEGER,
                    failure_code TEXT,
                    failure_message TEXT,
                    failure_parameter TEXT,
                    failure_is_final INTEGER
                ) STRICT
                """
        )
        try database.execute(sql: "PRAGMA application_id = \(application)")
        try database.execute(sql: "PRAGMA user_version = \(version)")
    }
}
