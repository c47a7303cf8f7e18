import CKernels
import Glibc
import Testing

/// Tests that select an instruction set run in a process of their own: the selection is global, and
/// other tests compute at the same time.
@Suite("Choice of the instruction set")
struct DispatchTests {
    @Test("The generic kernels come first and every name is listed once")
    func names() {
        let names = KernelSet.all.map(\.name)
        #expect(names.first == "generic")
        #expect(Set(names).count == names.count)
        let inUse = unsafe String(cString: ilv_isa_name())
        #expect(names.contains(inUse))
        let nameBeyond = unsafe ilv_isa_available(names.count)
        #expect(unsafe nameBeyond == nil)
        let tableBeyond = unsafe ilv_kernels_available(names.count)
        #expect(unsafe tableBeyond == nil)
    }

    /// The name of the last of those that are used without being asked for.
    private static var best: String? {
        (0..<ilv_isa_known_count()).last { ilv_isa_known($0) == ILV_READY }.map { index in
            unsafe String(cString: ilv_isa_known_name(index))
        }
    }

    @Test("The best instruction set is chosen when none is named")
    func bestIsChosen() async {
        await #expect(processExitsWith: .success) {
            unsafe unsetenv("INTERLEAVED_ISA")
            exit(unsafe Self.best == String(cString: ilv_isa_name()) ? 0 : 1)
        }
    }

    @Test("INTERLEAVED_ISA chooses by name")
    func environment() async {
        await #expect(processExitsWith: .success) {
            unsafe setenv("INTERLEAVED_ISA", "generic", 1)
            exit(unsafe String(cString: ilv_isa_name()) == "generic" ? 0 : 1)
        }
    }

    @Test("An unknown name in INTERLEAVED_ISA falls back to the best")
    func unknownEnvironment() async {
        await #expect(processExitsWith: .success) {
            unsafe setenv("INTERLEAVED_ISA", "avx9000", 1)
            exit(unsafe Self.best == String(cString: ilv_isa_name()) ? 0 : 1)
        }
    }

    @Test("Selecting switches the public functions and refuses unknown names")
    func select() async {
        await #expect(processExitsWith: .success) {
            for index in 0..<ilv_isa_count() {
                guard let name = unsafe ilv_isa_available(index),
                    unsafe ilv_isa_select(name) == 0, unsafe ilv_isa_name() == name
                else { exit(1) }
                let x: [Float] = [1, 2, 3]
                var doubled: [Float] = [0, 0, 0]
                unsafe ilv_add_f32(&doubled, x, x, 3)
                guard doubled == [2, 4, 6] else { exit(2) }
            }
            let before = unsafe ilv_isa_name()
            guard unsafe ilv_isa_select("avx9000") == -1, unsafe ilv_isa_name() == before else {
                exit(3)
            }
            exit(0)
        }
    }
}
