import JSON
import MMInterleaved
import Tensors

/// The memory that a model needs for so many positions and pictures at the same time.
struct MemoryPlan: Hashable, Encodable {
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
    /// One picture that is being drawn.
    let drawingByteCount: Int
    /// Scratch memory of the greediest step, with one picture in it.
    let scratchByteCount: Int
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
                format: place.format.rawValue,
                bytes: byteCount
            )
        }
        weightByteCount = weights.reduce(0) { $0 + $1.bytes }
        let blockSize = KeyValuePool.blockSize
        let blockCount = KeyValuePool.blockCount(for: positionCount)
        keyValueByteCount = blockCount * blockSize * model.positionByteCount
        pictureByteCount = pictureCount * EncodedImage.byteCount(of: model.configuration)
        drawingByteCount = Drawing.byteCount(of: model.configuration)
        scratchByteCount = model.scratchByteCount
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
