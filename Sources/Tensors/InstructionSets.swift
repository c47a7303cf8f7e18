internal import CKernels

/// Which instruction set the kernels use, what else there is, and why it is not used.
package struct InstructionSets: Hashable, Sendable {
    /// What became of an instruction set.
    package enum Standing: String, Hashable, Sendable {
        /// The kernels use it.
        case used
        /// A better one is used.
        case outdone
        /// `INTERLEAVED_ISA` asks for another.
        case heldBack = "held_back"
        /// It could be used, and is only where `INTERLEAVED_ISA` asks for it.
        case onRequest = "on_request"
        /// The processor has it, but the system does not let this process use its registers.
        case notPermitted = "not_permitted"
        /// The processor has it not.
        case absent
    }

    /// One instruction set.
    package struct Member: Hashable, Sendable {
        /// Its name.
        package let name: String
        /// What became of it.
        package let standing: Standing
    }

    /// All that are known, the plainest first.
    package let members: [Member]
    /// Features of the processor that kernels could use.
    package let processorFeatures: [String]
    /// What `INTERLEAVED_ISA` asks for.
    package let wanted: String?

    /// What holds for this process, which never changes: found out once, as asking a processor takes its time.
    package static let ofProcess = InstructionSets()

    private init() {
        let used = unsafe String(cString: ilv_isa_name())
        let wanted = unsafe ilv_isa_wanted().map { unsafe String(cString: $0) }
        members = (0..<ilv_isa_known_count()).map { index in
            let name = unsafe String(cString: ilv_isa_known_name(index))
            return Member(
                name: name,
                standing: Self.standing(ilv_isa_known(index), isUsed: name == used, wanted: wanted)
            )
        }
        processorFeatures = (0..<ilv_processor_feature_count()).filter { index in
            ilv_processor_feature(index) != ILV_ABSENT
        }.map { index in unsafe String(cString: ilv_processor_feature_name(index)) }
        self.wanted = wanted
    }

    /// Tells a story that is not this process's; for tests.
    init(members: [Member], processorFeatures: [String], wanted: String?) {
        self.members = members
        self.processorFeatures = processorFeatures
        self.wanted = wanted
    }

    private static func standing(
        _ standing: ilv_standing,
        isUsed: Bool,
        wanted: String?
    ) -> Standing {
        switch standing {
        case ILV_READY: isUsed ? .used : wanted == nil ? .outdone : .heldBack
        case ILV_ON_REQUEST: isUsed ? .used : wanted == nil ? .onRequest : .heldBack
        case ILV_NOT_PERMITTED: .notPermitted
        default: .absent
        }
    }

    /// Finds out whether the one that was asked for can be used.
    ///
    /// The kernels take the best there is otherwise; a program should rather not begin.
    ///
    /// - Throws: ``InstructionSetError`` if not.
    package func validate() throws(InstructionSetError) {
        guard let wanted, !available.contains(wanted) else { return }
        throw InstructionSetError(wanted: wanted, available: available)
    }

    /// The name of the one in use.
    package static var used: String { unsafe String(cString: ilv_isa_name()) }

    /// Names of those that this build and processor can run, the plainest first.
    package var available: [String] {
        members.filter { [.used, .outdone, .onRequest, .heldBack].contains($0.standing) }
            .map(\.name)
    }

    /// The story in one line: what is used, what the processor has, and why nothing better is used.
    package var story: String {
        let used = members.last { $0.standing == .used }?.name ?? "none"
        var parts = [used + (wanted == nil ? " is used" : " is used, as INTERLEAVED_ISA asks")]
        if !processorFeatures.isEmpty {
            parts.append("the processor has " + processorFeatures.joined(separator: ", "))
        }
        parts += members.compactMap { member in
            switch member.standing {
            case .used, .outdone: nil
            case .heldBack: "\(member.name) could be used"
            case .onRequest: "\(member.name) is used only where INTERLEAVED_ISA asks for it"
            case .notPermitted: "\(member.name) is not used, as the system does not permit it"
            case .absent: "\(member.name) is not there"
            }
        }
        return parts.joined(separator: "; ")
    }
}

/// `INTERLEAVED_ISA` asks for an instruction set that cannot be used here.
package struct InstructionSetError: Error, Equatable, CustomStringConvertible {
    /// What it asks for.
    package let wanted: String
    /// What it could ask for.
    package let available: [String]

    package var description: String {
        "INTERLEAVED_ISA asks for \"\(wanted)\"; this processor and build can use \(available.joined(separator: ", "))"
    }
}
