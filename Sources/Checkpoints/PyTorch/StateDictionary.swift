/// Picks the tensors out of what a pickle holds.
enum StateDictionary {
    /// Keys under which training programs put the state dictionary.
    private static let wrapperKeys = ["state_dict", "module", "model"]

    /// The named tensors of a pickle, in its order.
    ///
    /// - Throws: ``CheckpointError`` of kind `malformed` if the pickle is not a state dictionary,
    ///   `unsupportedFormat` if one nests tensors in containers.
    static func tensors(
        in outcome: PickleMachine.Outcome
    ) throws(CheckpointError) -> [(String, StridedTensor)] {
        guard let root = dictionary(outcome.root, in: outcome.objects) else {
            throw CheckpointError(.malformed, "the pickle holds no dictionary of tensors")
        }
        for wrapper in wrapperKeys
        where !root.contains(where: { isTensor($0.value, in: outcome.objects) }) {
            for case (.string(wrapper), let value) in root {
                if let members = dictionary(value, in: outcome.objects) {
                    return try collect(members, in: outcome.objects)
                }
            }
        }
        return try collect(root, in: outcome.objects)
    }

    private static func dictionary(
        _ value: PickleValue,
        in objects: [PickleObject]
    ) -> [(key: PickleValue, value: PickleValue)]? {
        guard case .object(let index) = value, case .dictionary(let members) = objects[index] else {
            return nil
        }
        return members
    }

    private static func isTensor(_ value: PickleValue, in objects: [PickleObject]) -> Bool {
        if case .object(let index) = value, case .tensor = objects[index] { true } else { false }
    }

    private static func collect(
        _ members: [(key: PickleValue, value: PickleValue)],
        in objects: [PickleObject]
    ) throws(CheckpointError) -> [(String, StridedTensor)] {
        var tensors: [(String, StridedTensor)] = []
        for (key, value) in members {
            guard case .string(let name) = key else {
                throw CheckpointError(.malformed, "a key of the state dictionary is not a string")
            }
            guard case .object(let index) = value else { continue }
            switch objects[index] {
            case .tensor(let tensor): tensors.append((name, tensor))
            case .opaque: continue
            case .dictionary(let members) where members.isEmpty: continue
            case .tuple, .list, .dictionary, .storage:
                throw CheckpointError(
                    .unsupportedFormat,
                    tensor: name,
                    "a container, not a tensor: save the model's own state dictionary alone"
                )
            }
        }
        return tensors
    }
}
