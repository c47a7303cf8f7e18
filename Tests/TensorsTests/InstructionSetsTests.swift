import Glibc
import Testing

@testable import Tensors

@Suite("The story of the instruction sets")
struct InstructionSetsTests {
    @Test("This process uses one of those that are available, and says so")
    func thisProcess() throws {
        let sets = InstructionSets.ofProcess
        let used = sets.members.filter { $0.standing == .used }.map(\.name)
        #expect(used == [InstructionSets.used])
        #expect(sets.available.first == "generic" && sets.available.contains(InstructionSets.used))
        #expect(sets.story.hasPrefix("\(InstructionSets.used) is used"))
        try sets.validate()
    }

    @Test("INTERLEAVED_ISA is told as the reason, and holds the better ones back")
    func forced() async {
        await #expect(processExitsWith: .success) {
            unsafe setenv("INTERLEAVED_ISA", "generic", 1)
            let sets = InstructionSets.ofProcess
            let isGeneric = InstructionSets.used == "generic" && sets.wanted == "generic"
            let others = sets.members.filter { sets.available.contains($0.name) }.dropFirst()
            let areHeldBack = others.allSatisfy { $0.standing == .heldBack }
            exit(isGeneric && areHeldBack && (try? sets.validate()) != nil ? 0 : 1)
        }
    }

    @Test("A name that cannot be used is an error that tells which can")
    func unknown() async {
        await #expect(processExitsWith: .success) {
            unsafe setenv("INTERLEAVED_ISA", "avx9000", 1)
            let sets = InstructionSets.ofProcess
            let expected = InstructionSetError(wanted: "avx9000", available: sets.available)
            do throws(InstructionSetError) {
                try sets.validate()
                exit(1)
            } catch {
                exit(error == expected && "\(error)".contains("generic") ? 0 : 2)
            }
        }
    }

    @Test("An empty name asks for nothing")
    func empty() async {
        await #expect(processExitsWith: .success) {
            unsafe setenv("INTERLEAVED_ISA", "", 1)
            let sets = InstructionSets.ofProcess
            exit(sets.wanted == nil && (try? sets.validate()) != nil ? 0 : 1)
        }
    }

    @Test("Why something is not used is told in words")
    func words() {
        let sets = InstructionSets(
            members: [
                .init(name: "generic", standing: .outdone), .init(name: "avx2", standing: .used),
                .init(name: "avx512", standing: .notPermitted),
                .init(name: "amx", standing: .onRequest),
            ],
            processorFeatures: ["avx2", "fma", "avx512f", "amx-tile"],
            wanted: nil
        )
        #expect(
            sets.story == "avx2 is used; the processor has avx2, fma, avx512f, amx-tile; "
                + "avx512 is not used, as the system does not permit it; "
                + "amx is used only where INTERLEAVED_ISA asks for it"
        )
        #expect(sets.available == ["generic", "avx2", "amx"])
    }
}
