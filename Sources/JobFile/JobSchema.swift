internal import GRDB
internal import Jobs

/// The table of a file of jobs.
enum JobSchema {
    /// What tells the file from those of other programs: "ILVJ".
    private static let application = 0x494C_564A
    private static let version = 1

    /// What of a file tells whose it is.
    static let headerByteCount = 100

    /// What is wrong with a file by its first bytes; nil if it is ours, or empty.
    ///
    /// The table is made in one transaction with what tells the file from others, before there is a journal that is written
    /// ahead: as soon as there are bytes, these are among them.
    ///
    /// Source: https://www.sqlite.org/fileformat.html, section 1.3.
    ///
    /// - Parameter bytes: As many as ``headerByteCount``, or all.
    /// - Returns: The words.
    static func fault(ofHeader bytes: [UInt8]) -> String? {
        if bytes.isEmpty { return nil }
        guard bytes.count == headerByteCount, bytes.starts(with: Array("SQLite format 3\0".utf8))
        else { return "is no database, and none of this program's: name another file" }
        func number(at offset: Int) -> Int {
            bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        guard number(at: 68) == application else { return "is a database of another program" }
        let found = number(at: 60)
        guard found == version else {
            return "is of version \(found), this program writes version \(version)"
        }
        return nil
    }

    /// Makes the table in a new file.
    static func prepare(_ database: Database) throws {
        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        if count == 0 { try make(database) }
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
