internal import Foundation
internal import GRDB
internal import Jobs

extension StoredJob {
    /// A row of the table.
    ///
    /// - Throws: `JobStorageError` or a database error if it is none that was written by this program.
    init(_ row: Row) throws {
        func value<Value: DatabaseValueConvertible>(_ name: String) throws -> Value {
            guard let value = Value.fromDatabaseValue(row[name] as DatabaseValue) else {
                throw JobStorageError("a job has no \(name)")
            }
            return value
        }
        func optional<Value: DatabaseValueConvertible>(_ name: String) -> Value? {
            Value.fromDatabaseValue(row[name] as DatabaseValue)
        }
        let body: Data = try value("body")
        let seed: Int64 = try value("seed")
        let (key, fingerprint): (String?, Data?) = (
            optional("repetition_key"), optional("fingerprint")
        )
        let request = JobRequest(
            id: try value("id"),
            requestName: try value("request_name"),
            owner: JobRequest.Owner(tenant: optional("tenant"), key: optional("key")),
            created: try value("created"),
            model: try value("model"),
            body: Array(body),
            seed: UInt64(bitPattern: seed),
            isBackground: try value("is_background"),
            repetition: key.map {
                JobRequest.Repetition(key: $0, fingerprint: Array(fingerprint ?? Data()))
            }
        )
        var start = JobStart()
        start.attemptCount = try value("attempts")
        start.epoch = try value("epoch")
        start.maker = optional("maker")
        guard let ended: Int = optional("ended") else {
            self.init(request: request, start: start, ending: nil)
            return
        }
        let outcome: JobOutcome
        if let document: Data = optional("document") {
            outcome = .completed(document: Array(document))
        } else {
            outcome = .failed(
                JobFailure(
                    status: try value("failure_status"),
                    code: try value("failure_code"),
                    message: try value("failure_message"),
                    parameter: optional("failure_parameter"),
                    isFinal: try value("failure_is_final")
                )
            )
        }
        let lines: Data = try value("events")
        self.init(
            request: request,
            start: start,
            ending: JobEnding(
                outcome: outcome,
                events: EventLines.decode(Array(lines)),
                time: ended
            )
        )
    }
}
