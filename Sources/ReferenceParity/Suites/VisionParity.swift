import MMInterleaved
import Tensors

/// The vision transformer with its adapter, and the visual tokenizer.
struct VisionParity {
    let subject: Subject
    let report: Report

    func run(_ fixture: Fixture) throws {
        let pixels = try fixture.tensor("pixels")
        for sample in 0..<pixels.shape[0] {
            try compare(fixture, sample: sample, pixels: pixels[sample])
        }
    }

    private func compare(_ fixture: Fixture, sample: Int, pixels: Recording) throws {
        let model = subject.model
        let side = model.configuration.vision.imageSize
        let input = Matrix(rows: side * side, columns: 3, values: pixels.channelsLast)
        var observed: [String: [Float]] = [:]
        let trace = model.visualTokenizer.encodeTraced(input, subject.compute) { name, value in
            observed[name] = value.toArray()
        }
        func check(_ name: String, _ actual: [Float]?, _ expected: [Float]) {
            guard let actual else { return report.fail("\(name)[\(sample)]", "not observed") }
            report.compare("\(name)[\(sample)]", actual, expected, tolerance: 2e-4)
        }

        check(
            "pre_layernorm_out",
            observed["embedded"],
            try fixture.tensor("pre_layernorm_out")[sample].values
        )
        check(
            "spm_c1_s4",
            observed["prior0"].map { strided($0, channels: trace.hidden.columns, by: 4) },
            try fixture.tensor("spm_c1_s4")[sample].channelsLast
        )
        check("spm_c3", observed["prior2"], try fixture.tensor("spm_c3")[sample].values)
        check("spm_c4", observed["prior3"], try fixture.tensor("spm_c4")[sample].values)
        let width = trace.hidden.columns
        for group in 0..<VisionConfiguration.groupCount {
            let tokens = observed["group\(group)"]
            check(
                "interaction\(group).x",
                tokens.map { Array($0.dropFirst(width)) },
                try fixture.tensor("interaction\(group).x")[sample].values
            )
            check(
                "interaction\(group).cls",
                tokens.map { Array($0.prefix(width)) },
                try fixture.tensor("interaction\(group).cls")[sample].values
            )
        }
        check(
            "interaction3.c_s8",
            observed["features"].map { everyRow(8, of: $0, columns: width) },
            try fixture.tensor("interaction3.c_s8")[sample].values
        )
        check(
            "last_hidden_state",
            trace.hidden.toArray(),
            try fixture.tensor("last_hidden_state")[sample].values
        )
        for level in 1..<4 {
            check(
                "ms_raw\(level)",
                observed["map\(level)"],
                try fixture.tensor("ms_raw\(level)")[sample].channelsLast
            )
            check(
                "ms\(level)",
                trace.pyramid[level].toArray(),
                try fixture.tensor("ms\(level)")[sample].channelsLast
            )
        }
        if sample == 0 {
            check(
                "ms_raw0_c4_img0",
                observed["map0"].map { everyChannel(4, of: $0, channels: width) },
                try fixture.tensor("ms_raw0_c4_img0")[0].channelsLast
            )
        }
        check(
            "ms0",
            everyChannel(2, of: trace.pyramid[0].toArray(), channels: width),
            try fixture.tensor("ms0")[sample].channelsLast
        )
        check(
            "perceiver_out",
            trace.resampled.toArray(),
            try fixture.tensor("perceiver_out")[sample].values
        )
        check("vis_embed", trace.tokens.toArray(), try fixture.tensor("vis_embed")[sample].values)
        if sample == 0 {
            report.skip("image_embeds_s4", "the reference computes it and uses it nowhere")
        }
    }
}

/// Every `step`-th row and column of a square image [side², channels].
func strided(_ values: [Float], channels: Int, by step: Int) -> [Float] {
    let side = Int(Double(values.count / channels).squareRoot().rounded())
    var result: [Float] = []
    for y in stride(from: 0, to: side, by: step) {
        for x in stride(from: 0, to: side, by: step) {
            let start = (y * side + x) * channels
            result += values[start..<start + channels]
        }
    }
    return result
}

/// Every `step`-th row of a matrix.
func everyRow(_ step: Int, of values: [Float], columns: Int) -> [Float] {
    stride(from: 0, to: values.count / columns, by: step).flatMap { row in
        Array(values[row * columns..<(row + 1) * columns])
    }
}

/// Every `step`-th channel of rows x channels.
func everyChannel(_ step: Int, of values: [Float], channels: Int) -> [Float] {
    values.indices.filter { $0 % channels % step == 0 }.map { values[$0] }
}
