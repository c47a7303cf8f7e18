import Testing

@testable import Tensors

@Suite struct StorageTests {
    @Test("A view of rows and columns shares the numbers of its matrix")
    func viewsShare() {
        let matrix = Matrix(rows: 3, columns: 4, values: (0..<12).map { Float($0) })
        let view = matrix.rows(1..<3).columns(2..<4)
        #expect(view.toArray() == [6, 7, 10, 11])
        view[0, 0] = -1
        #expect(matrix[1, 2] == -1)
        #expect(!view.isContiguous)
    }

    @Test("A fresh matrix is zero")
    func freshIsZero() {
        #expect(Matrix(rows: 5, columns: 7).toArray().allSatisfy { $0 == 0 })
    }

    @Test("One infinite or undefined element makes a matrix not finite")
    func finiteness() {
        for bad in [Float.infinity, -.infinity, .nan] {
            let matrix = Matrix(rows: 2, columns: 3)
            #expect(matrix.isFinite)
            matrix[1, 2] = bad
            #expect(!matrix.isFinite)
        }
    }

    @Test("Numbers survive their own format, and halves round to nearest even")
    func formats() {
        let values: [Float] = [0, -0.5, 1, 65504, 1.0009765625, 1.00048828125]
        let matrix = Matrix(rows: 2, columns: 3, values: values)
        for format in FloatFormat.allCases {
            let bytes = matrix.bytes(as: format)
            #expect(bytes.count == 6 * format.byteCount)
            let copy = Matrix(rows: 2, columns: 3)
            unsafe copy.copy(from: bytes.span.bytes, format: format)
            switch format {
            case .float32: #expect(copy.toArray() == values)
            case .float16: #expect(copy.toArray() == [0, -0.5, 1, 65504, 1.0009765625, 1])
            case .bfloat16: #expect(copy.toArray() == [0, -0.5, 1, 65536, 1, 1])
            }
        }
    }

    @Test("A workspace gives memory back at the end of a scope and stops growing")
    func workspaceReuses() {
        let workspace = Workspace()
        func pass() {
            workspace.scope {
                for _ in 0..<3 { workspace.matrix(1000, 1000).fill(1) }
                workspace.scope { workspace.matrix(2000, 1000).fill(2) }
                workspace.matrix(2000, 1000).fill(3)
            }
        }
        pass()
        pass()
        let held = workspace.byteCount
        for _ in 0..<10 { pass() }
        #expect(workspace.byteCount == held)
    }

    @Test("A workspace comes to hold what a pass takes at most, without ends of blocks")
    func workspaceFits() {
        let workspace = Workspace()
        func pass() {
            workspace.scope {
                // The second fits no longer behind the first, nor the third behind it.
                workspace.matrix(3_000_000, 1).fill(1)
                workspace.scope { workspace.matrix(5_000_000, 1).fill(2) }
                workspace.matrix(2_000_000, 1).fill(3)
            }
        }
        pass()
        #expect(workspace.largestByteCount == 4 * 8_000_000)
        #expect(workspace.byteCount == 4 * 8_000_000)
        pass()
        #expect(workspace.byteCount == 4 * 8_000_000)
    }

    @Test("Reserved scratch memory is what passes take")
    func workspaceReserves() {
        let workspace = Workspace()
        workspace.reserve(byteCount: 40_000_000)
        #expect(workspace.byteCount == 40_000_000)
        workspace.scope { workspace.matrix(9_000_000, 1).fill(1) }
        #expect(workspace.byteCount == 40_000_000)
        workspace.reserve(byteCount: 1000)
        #expect(workspace.byteCount == 40_000_000)
    }

    @Test("Matrices of one scope do not overlap")
    func workspaceSeparates() {
        let workspace = Workspace()
        workspace.scope {
            let first = workspace.matrix(3, 5)
            let second = workspace.matrix(2, 7)
            first.fill(1)
            second.fill(2)
            #expect(first.toArray() == [Float](repeating: 1, count: 15))
        }
    }
}
