import Tensors
import TestSupport
import Testing

@Suite("Tables of numbers")
struct NumberTableTests {
    @Test(
        "A row is what it is when all of the table is converted",
        arguments: FloatFormat.allCases
    )
    func rows(format: FloatFormat) {
        var random = SeededRandom(seed: 5)
        let numbers = Matrix(rows: 7, columns: 37, values: random.floats(7 * 37, in: -9...9))
        let bytes = numbers.bytes(as: format)
        let whole = Matrix(rows: 7, columns: 37)
        unsafe whole.copy(from: bytes.span.bytes, format: format)
        let table = NumberTable(rows: 7, columns: 37, format: format)
        unsafe table.fill(from: bytes.span.bytes)
        #expect(table.byteCount == 7 * 37 * format.byteCount)
        let row = Matrix(rows: 1, columns: 37)
        for index in [0, 3, 6] {
            table.copyRow(index, into: row)
            #expect(row.toArray() == whole.row(index).toArray())
        }
    }
}
