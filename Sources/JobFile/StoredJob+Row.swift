internal import Foundation
internal import GRDB
internal import Jobs

extension StoredJob {
    /// A row of the table.
    ///
    /// - Throws: `JobStorageError` or a database error if it is none that was written by this program.
    init(_ row: Row) throws {
        let number: Int = row["number"]
        let place = "the job in row \(number)"
        func value<Value: DatabaseValueConvertible>(_ name: String) throws -> Value {
            guard let value = Value.fromDatabaseValue(row[name] as DatabaseValue) else {
                throw JobStorageError("\(place) has no \(name)")
            }
            return value
        }
        func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int {
            let value: Int = try value(name)
            guard range.contains(value) else {
                throw JobStorageError(
                    "\(place) has \(name) \(value), which is not from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            return value
        }
        func optional<Value: DatabaseValueConvertible>(_ name: String) -> Value? {
            Value.fromDatabaseValue(row[name] as DatabaseValue)
        }
        // Seconds since 1970, for as long as the year has four digits.
        let times = 0...253_402_300_799
        let body: Data = try value("body")
        let seed: Int64 = try value("seed")
        let (key, fingerprint): (String?, Data?) = (
            optional("repetition_key"), optional("fingerprint")
        )
        let request = JobRequest(
            id: try value("id"),
            requestName: try value("request_name"),
            owner: JobRequest.Owner(tenant: optional("tenant"), key: optional("key")),
            created: try integer("created", in: times),
            model: try value("model"),
            body: Array(body),
            seed: UInt64(bitPattern: seed),
            isBackground: try value("is_background"),
            repetition: key.map {
                JobRequest.Repetition(key: $0, fingerprint: Array(fingerprint ?? Data()))
            }
        )
        var start = JobStart()
        start.attemptCount = try integer("attempts", in: 0...1_000_000)
        start.epoch = try integer("epoch", in: 1...1_000_000_000)
        start.maker = optional("maker")
        guard (row["ended"] as DatabaseValue) != .null else {
            self.init(request: request, start: start, ending: nil)
            return
        }
        let ended = try integer("ended", in: times)
        let outcome: JobOutcome
        if let document: Data = optional("document") {
            outcome = .completed(document: Array(document))
        } else {
            outcome = .failed(
                JobFailure(
                    status: try integer("failure_status", in: 400...599),
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
