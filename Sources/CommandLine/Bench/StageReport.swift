import Foundation
import JSON
import MMInterleaved
import Tensors

/// Times of stages beside what the machine could do at best around each.
struct StageReport: Encodable {
    /// A stage, the peaks measured before and after it, and what a hypervisor took meanwhile.
    struct Stage: Encodable {
        let measurement: Measurement
        let peaks: MachinePeaks
        /// Share of the processors' time, 0 to 1; nil where the system does not tell.
        let stolenShare: Double?

        private enum CodingKeys: String, CodingKey {
            case operations = "peak_flops_per_second"
            case bytes = "peak_bytes_per_second"
            case isQuiet = "quiet"
            case stolenShare = "stolen_share"
        }

        func encode(to encoder: any Encoder) throws {
            try measurement.encode(to: encoder)
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(peaks.operations.best, forKey: .operations)
            try values.encode(peaks.reading.best, forKey: .bytes)
            try values.encode(peaks.isQuiet, forKey: .isQuiet)
            try values.encodeIfPresent(stolenShare, forKey: .stolenShare)
        }
    }

    let shape: String
    let profile: FormatPolicy.Profile
    let instructionSet: String
    let workers: Int
    /// Of a large matrix product by OpenBLAS; nil where it is not installed.
    let openBLASOperationsPerSecond: Double?
    var stages: [Stage] = []

    private enum CodingKeys: String, CodingKey {
        case shape, profile, workers, stages
        case instructionSet = "instruction_set"
        case openBLASOperationsPerSecond = "openblas_flops_per_second"
    }

    /// All of it as JSON.
    func json() throws -> String {
        try JSON(encoding: self).prettyText
    }

    // MARK: - Text

    /// All of it as a table.
    var text: String {
        var lines = [heading, row(Self.columns.map(\.name))]
        lines += stages.map { row(cells($0)) }
        let noisy = stages.filter { !$0.peaks.isQuiet }.map(\.measurement.stage)
        if !noisy.isEmpty {
            let names = noisy.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
            lines.append(
                "The machine was not quiet around \(names.joined(separator: ", ")): "
                    + "its peaks changed by more than a fifth, so the shares there say little."
            )
        }
        return lines.joined(separator: "\n")
    }

    private var heading: String {
        func span(_ rates: [Double], _ unit: String) -> String {
            let (low, high) = (rates.min() ?? 0, rates.max() ?? 0)
            return String(format: "%.1f to %.1f %@", low / 1e9, high / 1e9, unit)
        }
        let products =
            openBLASOperationsPerSecond.map { String(format: "%.1f GFLOP/s", $0 / 1e9) }
            ?? "not installed"
        return """
            \(shape) in \(profile.rawValue), \(workers) workers, \(instructionSet)
            peaks: \(span(stages.map(\.peaks.operations.best), "GFLOP/s")), \
            \(span(stages.map(\.peaks.reading.best), "GB/s")); OpenBLAS' products: \(products)
            """
    }

    private static let columns: [(name: String, width: Int)] = [
        ("stage", 12), ("unit", 30), ("median", 12), ("min", 12), ("max", 12), ("units/s", 10),
        ("GFLOP", 10), ("GFLOP/s", 9), ("of peak", 9), ("GB/s", 7), ("of peak", 9), ("stolen", 8),
    ]

    private func cells(_ stage: Stage) -> [String] {
        func milliseconds(_ seconds: Double) -> String { String(format: "%.2f ms", seconds * 1e3) }
        func share(_ value: Double, _ peak: Double) -> String {
            String(format: "%.0f%%", 100 * value / peak)
        }
        let (measurement, peaks) = (stage.measurement, stage.peaks)
        let hasBytes = measurement.byteCount > 0
        return [
            measurement.stage, measurement.unit, milliseconds(measurement.median),
            milliseconds(measurement.minimum), milliseconds(measurement.maximum),
            String(format: "%.2f", measurement.unitsPerSecond),
            String(format: "%.2f", Double(measurement.floatingPointOperations) / 1e9),
            String(format: "%.1f", measurement.operationsPerSecond / 1e9),
            share(measurement.operationsPerSecond, peaks.operations.best),
            hasBytes ? String(format: "%.1f", measurement.bytesPerSecond / 1e9) : "",
            hasBytes ? share(measurement.bytesPerSecond, peaks.reading.best) : "",
            stage.stolenShare.map { share($0, 1) } ?? "",
        ]
    }

    private func row(_ cells: [String]) -> String {
        zip(cells, Self.columns).map { cell, column in
            cell + String(repeating: " ", count: max(1, column.width - cell.count))
        }.joined()
    }
}
