import CKernels
import CTileModel
import Testing

/// One instruction set's kernels, as a test argument.
struct KernelSet: Sendable, CustomTestStringConvertible {
    let name: String
    /// Which of those that are available; nil for the tile model.
    private let index: Int?

    /// Every instruction set that this processor can run.
    static let all: [KernelSet] = (0..<ilv_isa_count()).compactMap { index in
        guard let name = unsafe ilv_isa_available(index) else { return nil }
        return unsafe KernelSet(name: String(cString: name), index: index)
    }

    /// The same, and the kernels for AMX on a model of its tiles.
    static let withTileModel = all + [KernelSet(name: "tile model", index: nil)]

    /// The functions.
    var table: ilv_kernels {
        guard let index else { return unsafe ilv_kernels_tile_model() }
        guard let table = unsafe ilv_kernels_available(index) else {
            preconditionFailure("instruction set \(name) is gone")
        }
        return unsafe table.pointee
    }

    var testDescription: String { name }
}

/// Lengths around the widths of vectors and unrolled loops, and a long one.
let lengths = [0, 1, 2, 5, 7, 8, 12, 15, 16, 17, 31, 32, 33, 63, 64, 65, 4099]
