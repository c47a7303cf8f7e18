import JSON
import MMInterleaved
import Tensors

/// The memory that a model needs for so many positions and pictures at the same time.
struct MemoryPlan: Hashable, Encodable {
    /// Scratch memory by what a step computes.
    struct Scratch: Hashable, Encodable {
        /// A picture to features.
        let encode: Int
        /// The most positions of a step of the language model, or what a picture after the longest sequence is drawn from.
        let language: Int
        /// A denoising step of a picture.
        let denoise: Int
        /// Latents to pixels.
        let render: Int

        /// Of the greediest step on pictures, and of the words that interrupt it.
        var byteCount: Int { language + max(encode, denoise, render) }

        /// The same where steps have several pictures.
        func byteCount(encoding: Int, denoising: Int) -> Int {
            max(byteCount, language + max(encoding * encode, denoising * denoise))
        }
    }

    /// Weights of a part in a format.
    struct Weights: Hashable, Encodable {
        let part: String
        let format: String
        let bytes: Int
    }

    /// The weights as they are packed.
    let weights: [Weights]
    /// All of them.
    let weightByteCount: Int
    /// Keys, values and hidden states of the positions.
    let keyValueByteCount: Int
    /// Features of the pictures.
    let pictureByteCount: Int
    /// How many these are.
    let pictureCount: Int
    /// One picture that is being drawn.
    let drawingByteCount: Int
    /// Scratch memory of a step with one picture in it, or with the most positions, of every stage: what steps have in turns, but
    /// for words that interrupt a step on pictures.
    let scratch: Scratch
    /// The program itself, its libraries, threads and buffers.
    let programByteCount: Int

    /// Room for what is not counted: a daemon at rest has 38 MiB beside nano's weights (VmRSS in /proc), and connections' buffers come
    /// to that.
    private static let programByteCount = 64 << 20

    /// Adds up.
    ///
    /// - Parameters:
    ///   - model: What is to be served.
    ///   - positionCount: Positions of all sequences together.
    ///   - pictureCount: Pictures that they see.
    init(_ model: CountedModel, positionCount: Int, pictureCount: Int) {
        weights = model.weights.byteCounts.map { place, byteCount in
            // Some parameters stand at the root, between the parts.
            Weights(
                part: place.part.isEmpty ? "root" : place.part,
                format: place.format,
                bytes: byteCount
            )
        }
        weightByteCount = weights.reduce(0) { $0 + $1.bytes }
        let blockSize = KeyValuePool.blockSize
        let blockCount = KeyValuePool.blockCount(for: positionCount)
        keyValueByteCount = blockCount * blockSize * model.positionByteCount
        self.pictureCount = pictureCount
        pictureByteCount = pictureCount * EncodedImage.byteCount(of: model.configuration)
        drawingByteCount = Drawing.byteCount(of: model.configuration)
        scratch = Scratch(
            encode: model.encode.scratchByteCount,
            language: max(
                model.largestPrefill.scratchByteCount,
                model.conditioning.scratchByteCount
            ),
            denoise: model.denoise.scratchByteCount,
            render: model.render.scratchByteCount
        )
        programByteCount = Self.programByteCount
    }

    /// Features of one of them.
    var onePictureByteCount: Int { pictureByteCount / max(1, pictureCount) }

    /// Scratch memory of the greediest step with one picture in it, and of words beside it.
    var scratchByteCount: Int { scratch.byteCount }

    /// Of parts that are known.
    init(
        weightByteCount: Int,
        keyValueByteCount: Int,
        pictureByteCount: Int,
        pictureCount: Int,
        drawingByteCount: Int,
        scratch: Scratch
    ) {
        weights = []
        self.weightByteCount = weightByteCount
        self.keyValueByteCount = keyValueByteCount
        self.pictureByteCount = pictureByteCount
        self.pictureCount = pictureCount
        self.drawingByteCount = drawingByteCount
        self.scratch = scratch
        programByteCount = Self.programByteCount
    }

    /// What is there whatever is asked.
    var residentByteCount: Int { weightByteCount + scratchByteCount + programByteCount }

    /// All of it.
    var totalByteCount: Int {
        residentByteCount + keyValueByteCount + pictureByteCount + drawingByteCount
    }

    private enum CodingKeys: String, CodingKey {
        case weights
        case weightByteCount = "weight_bytes"
        case keyValueByteCount = "kv_cache_bytes"
        case pictureByteCount = "image_cache_bytes"
        case drawingByteCount = "drawing_bytes"
        case scratchByteCount = "scratch_bytes"
        case scratch = "scratch_bytes_by_stage"
        case programByteCount = "program_bytes"
        case totalByteCount = "total_bytes"
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(weights, forKey: .weights)
        try values.encode(weightByteCount, forKey: .weightByteCount)
        try values.encode(keyValueByteCount, forKey: .keyValueByteCount)
        try values.encode(pictureByteCount, forKey: .pictureByteCount)
        try values.encode(drawingByteCount, forKey: .drawingByteCount)
        try values.encode(scratchByteCount, forKey: .scratchByteCount)
        try values.encode(scratch, forKey: .scratch)
        try values.encode(programByteCount, forKey: .programByteCount)
        try values.encode(totalByteCount, forKey: .totalByteCount)
    }

    /// The parts as rows of a table: what, and bytes.
    var rows: [(name: String, byteCount: Int)] {
        weights.map { ("\($0.part), \($0.format)", $0.bytes) } + [
            ("keys and values", keyValueByteCount), ("pictures' features", pictureByteCount),
            ("a drawing", drawingByteCount), ("scratch", scratchByteCount),
            ("the program", programByteCount), ("total", totalByteCount),
        ]
    }
}
