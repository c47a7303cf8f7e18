import Foundation
import LoadGenerator
import Scheduling
import Simulation
import Testing

@Suite("Requests that are sent")
struct WorkloadTests {
    private func document(_ arrival: Arrival, index: Int = 3) throws -> [String: Any] {
        let body = try Workload(Workload.Settings()).body(
            LoadRequest(index: index, arrival: arrival)
        )
        return try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
    }

    @Test("Bring and ask for what their arrival says")
    func followsArrival() throws {
        var caption = Arrival.typical(.caption)
        caption.imageCount = 2
        caption.promptTokenCount = 5
        caption.priority = .high
        var found = try document(caption)
        #expect(found["mode"] as? String == "text" && found["seed"] as? Int == 3)
        #expect(found["priority"] as? String == "high" && found["stream"] as? Bool == true)
        let input = try #require(found["input"] as? [[String: String]])
        #expect(input.map { $0["type"] } == ["image", "image", "text"])
        #expect(input[2]["text"]?.split(separator: " ").count == 5)
        let file = try #require(Data(base64Encoded: input[0]["image"] ?? ""))
        #expect(file.starts(with: [0x89, 0x50, 0x4E, 0x47]))
        let text = try #require(found["text"] as? [String: Int])
        #expect(text == ["max_tokens": 32, "min_tokens": 32] && found["image"] == nil)
        var picture = Arrival.typical(.picture)
        picture.isGuided = false
        found = try document(picture)
        #expect(found["mode"] as? String == "image" && found["text"] == nil)
        #expect(found["image"] as? [String: Int] == ["n": 1, "steps": 20, "guidance_scale": 1])
        found = try document(.typical(.interleave))
        #expect(found["force"] as? String == "image" && found["max_segments"] as? Int == 2)
        #expect((found["image"] as? [String: Int])?["n"] == 2)
        #expect((found["text"] as? [String: Int])?["max_tokens"] == 48)
    }

    @Test("Are the same each time for a seed and a place, and differ between places")
    func repeats() throws {
        let arrival = Arrival.typical(.caption)
        let bodies = try [UInt64(1), 1, 2].map { seed in
            var settings = Workload.Settings()
            settings.seed = seed
            let workload = try Workload(settings)
            return (0..<20).map { workload.body(LoadRequest(index: $0, arrival: arrival)) }
        }
        #expect(bodies[0] == bodies[1] && bodies[0] != bodies[2])
        #expect(Set(bodies[0]).count == 20)
    }

    @Test("Are never without input")
    func isNeverEmpty() throws {
        let found = try document(Arrival(kind: .picture, promptTokenCount: 0))
        #expect((found["input"] as? [Any])?.count == 1)
    }

    @Test("Come in a closed loop as many as asked for, with the sizes that are fixed")
    func plansClosedLoop() throws {
        var sizes = FixedSizes()
        sizes.generatedTokenCount = 7
        sizes.stepCount = 3
        let mix = try RequestMix("caption=2,picture=1")
        let plan = LoadPlan.closed(mix, count: 300, seed: 1, sizes: sizes)
        #expect(plan.map(\.index) == Array(0..<300) && plan.allSatisfy { $0.start == nil })
        let captions = plan.filter { $0.arrival.kind == .caption }
        #expect((150...250).contains(captions.count))
        #expect(captions.allSatisfy { $0.arrival.generatedTokenCount == 7 })
        let pictures = plan.filter { $0.arrival.kind == .picture }
        #expect(pictures.count + captions.count == 300)
        #expect(
            pictures.allSatisfy {
                $0.arrival.generatedTokenCount == 0 && $0.arrival.stepCount == 3
            }
        )
        #expect(plan == LoadPlan.closed(mix, count: 300, seed: 1, sizes: sizes))
    }

    @Test("Come in an open loop at the times of their trace, which records give back")
    func plansOpenLoop() throws {
        let trace = try RequestMix("caption=1,interleave=1")
            .arrivals(rate: 20, duration: .seconds(10), seed: 5)
        let plan = LoadPlan.open(trace, sizes: FixedSizes())
        #expect(plan.map(\.arrival) == trace.arrivals)
        #expect(plan.compactMap(\.start) == trace.arrivals.map(\.time))
        let records = plan.map { RequestRecord($0, sent: $0.arrival.time) }
        #expect(LoadPlan.trace(of: records) == trace)
    }
}
