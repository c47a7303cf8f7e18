import Foundation
import Keys

/// Keys and their usage as people read them.
enum KeyTables {
    /// What keys there are.
    static func list(_ keys: [APIKey], at now: Date) -> ReportTable {
        let rows = keys.map { key in
            let limits = KeyLimits.fields.compactMap { name, path in
                key.limits[keyPath: path].map { "\(name) \($0)" }
            }
            return [
                key.name, key.tenant,
                KeyRight.allCases.filter(key.rights.contains).map(\.rawValue).joined(
                    separator: ","
                ),
                limits.isEmpty ? "none" : limits.joined(separator: ", "),
                key.expires.map(Timestamp.text) ?? "never",
                key.standing(at: now).rawValue,
            ]
        }
        return ReportTable(
            title: "\(keys.count) keys",
            columns: ["name", "tenant", "rights", "limits", "expires", "standing"],
            rows: rows,
            numberColumns: []
        )
    }

    /// What was done for each.
    static func usage(_ keys: [APIKey], _ file: UsageFile) -> ReportTable {
        let rows = keys.map { key in
            let usage = file.totals[key.name] ?? KeyUsage()
            return [
                key.name, "\(usage.requestCount)", "\(usage.refusedCount)", "\(usage.tokenCount)",
                "\(usage.pictureCount)",
                String(format: "%.1f", usage.machineTime / .seconds(1)),
            ]
        }
        return ReportTable(
            title: "usage as of \(Timestamp.text(file.written))",
            columns: ["name", "requests", "refused", "tokens", "pictures", "machine seconds"],
            rows: rows,
            numberColumns: [1, 2, 3, 4, 5]
        )
    }
}
