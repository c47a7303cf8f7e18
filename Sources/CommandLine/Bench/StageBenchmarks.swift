import ArgumentParser
import MMInterleaved
import Tensors

/// One run of a stage.
struct StageWork {
    let stage: String
    /// What one run is: a picture, 512 tokens, one step, ...
    let unit: String
    /// Units per run for the rate, such as tokens.
    var unitCount = 1
    /// Bytes of weights (and of cached values) that must be read at least once; 0 where it does not matter.
    var byteCount = 0
    /// Runs the stage once.
    let body: (Compute) -> Void
}

/// The model's stages on random weights; each builds only the part of the model that it needs.
struct StageBenchmarks {
    let configuration: ModelConfiguration
    /// What formats the weights get.
    var formats = FormatPolicy.f32

    /// The stages, in the order in which a request passes through them.
    static let stages = ["encode", "synchronize", "prefill", "decode", "denoise", "render"]

    /// Refuses names that are no stage's.
    ///
    /// - Throws: `ValidationError` that names those that are.
    static func requireStages(_ names: [String]) throws {
        for name in names where !stages.contains(name) {
            throw ValidationError(
                "there is no stage \"\(name)\"; known are \(stages.joined(separator: ", "))"
            )
        }
    }

    private static let promptTokenCount = 512
    private static let decodedTokenCount = 32
    /// Sequences that are decoded at once.
    private static let batchSizes = [2, 4, 8]

    /// Builds what a stage needs.
    func works(_ stage: String) throws -> [StageWork] {
        switch stage {
        case "encode": [try encode()]
        case "synchronize", "prefill", "decode": try language(stage)
        case "denoise": [try denoise()]
        case "render": [try render()]
        default: []
        }
    }

    /// Times a stage.
    func run(_ stage: String, _ compute: Compute, iterations: Int) throws -> [Measurement] {
        try works(stage).map { work in
            let before = compute.floatingPointOperationCount
            work.body(compute)
            let operations = compute.floatingPointOperationCount - before
            return Measurement(
                stage: stage,
                unit: work.unit,
                seconds: time(iterations) { work.body(compute) },
                floatingPointOperations: operations,
                byteCount: work.byteCount,
                unitCount: work.unitCount
            )
        }
    }

    private func parameters() -> Parameters {
        Parameters(from: RandomParameters(seed: 1), formats: formats)
    }

    /// Bytes of all weights but the table of embeddings.
    private func byteCount(_ parameters: Parameters) -> Int {
        parameters.ledger.asked.reduce(0) { sum, parameter in
            guard !parameter.name.hasSuffix("embed_tokens.weight") else { return sum }
            let format =
                parameter.shape.count == 2
                ? formats.format(of: parameter.name, inputs: parameter.shape[1]) : .f32
            return sum + Int(Double(parameter.count) * format.bytesPerWeight)
        }
    }

    private func randomMatrix(_ rows: Int, _ columns: Int) -> Matrix {
        var generator = TorchGenerator(seed: 7)
        return Matrix(rows: rows, columns: columns, values: generator.normal(count: rows * columns))
    }

    /// One picture through the vision transformer, its adapter and the perceiver.
    private func encode() throws -> StageWork {
        let tokenizer = try VisualTokenizer(
            parameters()["visual_tokenizer"],
            vision: configuration.vision,
            perceiver: configuration.visualPerceiver,
            languageHiddenSize: configuration.language.hiddenSize
        )
        let side = configuration.vision.imageSize
        let pixels = Matrix(rows: side * side, columns: 3)
        pixels.fill(0.5)
        return StageWork(stage: "encode", unit: "picture") { compute in
            _ = tokenizer.encode([pixels], compute)
        }
    }

    private func language(_ stage: String) throws -> [StageWork] {
        let parameters = parameters()
        let model = try LanguageModel(
            parameters,
            configuration.language,
            vocabulary: configuration.vocabulary,
            visionWidth: configuration.vision.hiddenSize
        )
        let positions = configuration.language.maximumPositionCount
        let maps = Dictionary(
            uniqueKeysWithValues: configuration.language.synchronizerSides.map {
                ($0, randomMatrix($0 * $0, configuration.vision.hiddenSize))
            }
        )
        if stage == "synchronize" {
            return [
                StageWork(stage: stage, unit: "picture's values, all layers") { compute in
                    _ = model.synchronizerValues(of: [maps], compute)
                }
            ]
        }
        let values = model.synchronizerValues(of: [maps], Compute())[0]
        let tokens = randomMatrix(
            configuration.imageTokenCount,
            configuration.language.hiddenSize
        )
        let picture = EncodedImage(tokens: tokens, pyramid: [], values: values)
        let soi = configuration.vocabulary.beginOfImage
        if stage == "prefill" {
            let count = min(Self.promptTokenCount, positions)
            let sequence = model.makeSequence()
            return [
                StageWork(stage: stage, unit: "token, pp\(count)", unitCount: count) { compute in
                    sequence.truncate(to: 0)
                    model.extend(
                        sequence,
                        with: [SequenceElement](repeating: .token(5), count: count),
                        compute
                    )
                }
            ]
        }
        let count = min(Self.decodedTokenCount, positions - configuration.imageTokenCount - 2)
        // Every weight but the table of embeddings is read for every token.
        let byteCount = byteCount(parameters) * count
        let image = SequenceElement.image(picture)
        let alone = [
            decode(model, "token, one picture seen", [.token(soi), image], count, byteCount),
            decode(model, "token, text only", [], count, byteCount),
        ]
        let together = Self.batchSizes.map {
            decode(
                model,
                "token, \($0) sequences at once",
                [],
                count,
                byteCount,
                sequenceCount: $0
            )
        }
        return alone + together
    }

    /// `count` steps of sequences that begin alike.
    private func decode(
        _ model: LanguageModel,
        _ unit: String,
        _ beginning: [SequenceElement],
        _ count: Int,
        _ byteCount: Int,
        sequenceCount: Int = 1
    ) -> StageWork {
        let sequences = model.makeSequences(sequenceCount)
        let start = Compute()
        for sequence in sequences { model.extend(sequence, with: [.token(1)] + beginning, start) }
        let startCount = sequences[0].computedCount
        let logits = Matrix(rows: sequenceCount, columns: model.vocabularySize)
        return StageWork(
            stage: "decode",
            unit: unit,
            unitCount: count * sequenceCount,
            byteCount: byteCount
        ) { compute in
            for sequence in sequences { sequence.truncate(to: startCount) }
            for _ in 0..<count {
                for sequence in sequences { sequence.append(token: 5) }
                model.advance(
                    sequences.map { LanguageWork(sequence: $0, count: 1) },
                    compute
                )
                model.logits(after: sequences, compute, into: logits)
            }
        }
    }

    /// One denoising step with guidance: two samples through the UNet and its synchronizers.
    private func denoise() throws -> StageWork {
        let parameters = parameters()
        let compute = Compute()
        let decoder = configuration.imageDecoder
        let unet = try UNet(
            parameters["image_decoder"]["decoder"],
            decoder.unet,
            pyramidSides: configuration.vision.pyramidSides,
            visionWidth: configuration.vision.hiddenSize
        )
        let tokens = randomMatrix(decoder.perceiver.queryCount, decoder.unet.crossAttentionWidth)
        let conditioning = unet.conditioning(of: tokens, compute)
        let source = unet.source(
            of: configuration.vision.pyramidSides.map {
                randomMatrix($0 * $0, configuration.vision.hiddenSize)
            },
            compute
        )
        let pixels = decoder.unet.sampleSize * decoder.unet.sampleSize
        let latents = randomMatrix(2 * pixels, decoder.unet.latentChannels)
        let out = Matrix(rows: 2 * pixels, columns: decoder.unet.latentChannels)
        return StageWork(
            stage: "denoise",
            unit: "guided step",
            byteCount: byteCount(parameters)
        ) { compute in
            unet.predict(
                latents,
                times: [500, 500],
                conditionings: [conditioning, conditioning],
                sources: [source, source],
                compute,
                into: out
            )
        }
    }

    /// One picture's latents to pixels.
    private func render() throws -> StageWork {
        let configuration = configuration.imageDecoder
        let autoencoder = try Autoencoder(
            parameters()["image_decoder"]["decoder"]["vae"],
            configuration.autoencoder
        )
        let side = configuration.unet.sampleSize
        let latents = randomMatrix(side * side, configuration.unet.latentChannels)
        let pixels = side * configuration.autoencoder.upsamplingFactor
        let out = Matrix(rows: pixels * pixels, columns: 3)
        return StageWork(stage: "render", unit: "picture") { compute in
            autoencoder.decode(latents, side: side, compute, into: out)
        }
    }
}
