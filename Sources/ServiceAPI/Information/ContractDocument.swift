internal import CContract
internal import JSON
internal import Yams

/// The contract: `openapi.yaml`, and the same as JSON for tools that read no YAML.
enum ContractDocument {
    /// The file, byte for byte.
    static let yaml: CodedBody = {
        var count = 0
        guard let start = unsafe ilv_contract_bytes(&count) else { return CodedBody([]) }
        return unsafe CodedBody(Array(UnsafeBufferPointer(start: start, count: count)))
    }()

    /// The same document as JSON, members in the file's order; nil if the file is no YAML.
    ///
    /// Cost: tens of milliseconds the first time.
    static let json: CodedBody? = {
        // That the file is YAML is a matter of the build, and tested.
        let root = try? Yams.compose(yaml: String(decoding: yaml.plain, as: UTF8.self))
        return root.flatMap { JSON($0) }.map { CodedBody($0.encoded) }
    }()
}

extension JSON {
    /// A YAML node as JSON; nil for what JSON cannot say.
    fileprivate init?(_ node: Node) {
        switch node {
        case .mapping(let mapping):
            var members: [(name: String, value: JSON)] = []
            for (key, value) in mapping {
                guard let name = key.scalar?.string, let value = JSON(value) else { return nil }
                members.append((name, value))
            }
            self = .object(members)
        case .sequence(let sequence):
            let elements = sequence.compactMap { JSON($0) }
            guard elements.count == sequence.count else { return nil }
            self = .array(elements)
        case .scalar(let scalar):
            switch node.tag {
            case Tag(.null): self = .null
            case Tag(.bool):
                guard let value = node.bool else { return nil }
                self = .bool(value)
            case Tag(.int):
                if let value = node.int {
                    self = .integer(value)
                } else {
                    guard let value = UInt64(scalar.string) else { return nil }
                    self = .unsigned(value)
                }
            case Tag(.float):
                guard let value = node.float else { return nil }
                self = .double(value)
            default: self = .string(scalar.string)
            }
        case .alias: return nil
        }
    }
}
