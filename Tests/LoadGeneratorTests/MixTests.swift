import LoadGenerator
import Testing

@Suite("Mixes of requests")
struct MixTests {
    @Test("Names kinds with weights; those of weight 0 do not come")
    func reads() throws {
        let mix = try Mix("interleave=0.5,caption=6,picture=0")
        #expect(mix.weights.map(\.kind) == [.caption, .interleave])
        #expect(mix.weights.map(\.weight) == [6, 0.5])
    }

    @Test(
        "Refuses what is no mix",
        arguments: [
            "", "caption", "caption=", "caption=x", "caption=-1", "caption=inf", "caption=nan",
            "video=1", "caption=1,caption=2", "caption=0", "caption=1,", "caption=1=2",
        ]
    )
    func refuses(text: String) {
        #expect(throws: Mix.Fault.self) { try Mix(text) }
    }
}
