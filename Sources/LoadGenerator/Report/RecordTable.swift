internal import Simulation
internal import Foundation

/// Records as tables of comma-separated values.
package enum RecordTable {
    /// A line per request; times are milliseconds, those of the run's course seconds.
    package static func requests(_ records: [RequestRecord]) -> String {
        var lines = [
            "index,kind,outcome,sent_s,queue_ms,first_output_ms,inter_token_mean_ms,"
                + "inter_token_p95_ms,inter_token_max_ms,latency_ms,tokens,pictures,digest"
        ]
        for record in records {
            let between = Percentiles(record.interTokenTimes, in: .milliseconds(1))
            let cells: [String] = [
                "\(record.request.index)", record.request.arrival.kind.rawValue, outcome(record),
                String(format: "%.4f", record.sent / .seconds(1)), milliseconds(record.queueTime),
                milliseconds(record.firstOutput), milliseconds(between?.mean),
                milliseconds(between?.p95), milliseconds(between?.maximum),
                milliseconds(record.latency), "\(record.tokenCount)", "\(record.pictureCount)",
                record.digest.map { String($0, radix: 16) } ?? "",
            ]
            lines.append(cells.joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A line per event of every answer.
    package static func events(_ records: [RequestRecord]) -> String {
        var lines = ["index,event,time_s"]
        for record in records {
            for event in record.events {
                let time = String(format: "%.6f", event.time / .seconds(1))
                lines.append("\(record.request.index),\(event.name),\(time)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func outcome(_ record: RequestRecord) -> String {
        switch record.outcome {
        case .completed: "completed"
        case .refused(let status): "refused \(status)"
        case .failed(let reason): "failed: " + reason.filter { $0 != "," && !$0.isNewline }
        }
    }

    private static func milliseconds(_ time: Duration?) -> String {
        milliseconds(time.map { $0 / .milliseconds(1) })
    }

    private static func milliseconds(_ time: Double?) -> String {
        time.map { String(format: "%.3f", $0) } ?? ""
    }
}
