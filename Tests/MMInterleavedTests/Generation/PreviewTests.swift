import MMInterleaved
import Testing

@Suite("Previews of a picture")
struct PreviewTests {
    private func steps(_ previews: PictureParameters.Previews, of count: Int) -> [Int] {
        (1...count).filter { previews.isDue(after: $0, of: count) }
    }

    @Test("Every so many steps, but never after the last")
    func intervals() {
        #expect(steps(.every(2), of: 6) == [2, 4])
        #expect(steps(.every(1), of: 3) == [1, 2])
        #expect(steps(.every(0), of: 3) == [] && steps(.every(9), of: 3) == [])
    }

    @Test(
        "A number of them is spread over the steps, and no more than there are steps before the last"
    )
    func counts() {
        #expect(steps(.count(3), of: 20) == [5, 10, 15])
        #expect(steps(.count(3), of: 5) == [2, 3, 4])
        #expect(steps(.count(1), of: 30) == [15])
        #expect(steps(.count(3), of: 3) == [1, 2])
        #expect(steps(.count(3), of: 1) == [] && steps(.count(0), of: 9) == [])
    }
}
