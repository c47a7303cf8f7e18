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

    // MARK: - For people

    /// All of it as a table.
    var text: String {
        ([peaksText, table.text] + [noise].compactMap { $0 }).joined(separator: "\n")
    }

    /// All of it as an HTML page, as UTF-8.
    var page: [UInt8] {
        var page = ReportPage("Stages of \(shape)", notes: [peaksText] + [noise].compactMap { $0 })
        page.add(table)
        return page.bytes
    }

    private var table: ReportTable {
        ReportTable(
            title: "\(shape) in \(profile.rawValue), \(workers) workers, \(instructionSet)",
            columns: Self.columns,
            rows: stages.map(cells),
            numberColumns: Set(2..<Self.columns.count)
        )
    }

    /// What the machine could do at best.
    private var peaksText: String {
        func span(_ rates: [Double], _ unit: String) -> String {
            let ends = [rates.min() ?? 0, rates.max() ?? 0].map { String(format: "%.1f", $0 / 1e9) }
            return "\(ends[0] == ends[1] ? ends[0] : ends.joined(separator: " to ")) \(unit)"
        }
        let products =
            openBLASOperationsPerSecond.map { String(format: "%.1f GFLOP/s", $0 / 1e9) }
            ?? "not installed"
        return """
            Peaks: \(span(stages.map(\.peaks.operations.best), "GFLOP/s")), \
            \(span(stages.map(\.peaks.reading.best), "GB/s")); OpenBLAS' products: \(products).
            """
    }

    /// Around which stages the peaks say little; nil if around none.
    private var noise: String? {
        let noisy = stages.filter { !$0.peaks.isQuiet }.map(\.measurement.stage)
        guard !noisy.isEmpty else { return nil }
        let names = noisy.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
        return "The machine was not quiet around \(names.joined(separator: ", ")): "
            + "its peaks changed by more than a fifth, so the shares there say little."
    }

    private static let columns = [
        "stage", "unit", "median", "min", "max", "units/s", "GFLOP", "GFLOP/s", "of peak", "GB/s",
        "of peak", "stolen",
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
}
