internal import Foundation
internal import JSON

/// Takes the members of an object one by one; whatever is left over is a fault.
struct MemberReader {
    private let path: String
    private var rest: [JSONObject.Member]

    /// Reads a document, which must be an object.
    ///
    /// - Throws: `JSONFault`, also for what is no JSON.
    init(document bytes: [UInt8]) throws(JSONFault) {
        let node: JSONNode
        do throws(JSONError) {
            var limits = JSONLimits()
            limits.maximumDepth = 8
            limits.maximumValueCount = 100_000
            limits.maximumKeyByteCount = 256
            node = try JSONParser.parse(bytes, limits)
        } catch {
            throw JSONFault(path: error.path, detail: "cannot be read: \(error)")
        }
        try self.init(node, "")
    }

    /// Reads an object of a document.
    init(_ node: JSONNode, _ path: String) throws(JSONFault) {
        guard case .object(let object) = node else {
            throw JSONFault(path: path, detail: "must be an object, not \(node.typeName)")
        }
        self.path = path
        rest = object.members
    }

    /// A fault of a member.
    func fault(_ name: String, _ detail: String) -> JSONFault {
        JSONFault(path: path.isEmpty ? name : "\(path).\(name)", detail: detail)
    }

    /// A member that may be missing; null is the same as missing.
    mutating func optional(_ name: String) -> JSONNode? {
        guard let index = rest.firstIndex(where: { $0.name.hasSameBytes(as: name) }) else {
            return nil
        }
        let node = rest.remove(at: index).value
        return node.isNull ? nil : node
    }

    private mutating func require(_ name: String) throws(JSONFault) -> JSONNode {
        guard let node = optional(name) else { throw fault(name, "is missing") }
        return node
    }

    /// A text.
    mutating func text(_ name: String) throws(JSONFault) -> String {
        let node = try require(name)
        guard let text = node.text else {
            throw fault(name, "must be a string, not \(node.typeName)")
        }
        return text
    }

    /// A name of a key or tenant.
    mutating func name(_ name: String) throws(JSONFault) -> String {
        let text = try text(name)
        if let detail = APIKey.checkName(text) { throw fault(name, detail) }
        return text
    }

    /// A list.
    mutating func elements(_ name: String, atMost maximum: Int) throws(JSONFault) -> [JSONNode] {
        let node = try require(name)
        guard let elements = node.elements else {
            throw fault(name, "must be an array, not \(node.typeName)")
        }
        guard elements.count <= maximum else {
            throw fault(name, "has \(elements.count) elements, at most \(maximum)")
        }
        return elements
    }

    /// A whole number that may be missing.
    mutating func integer(
        _ name: String,
        in range: ClosedRange<Int>
    ) throws(JSONFault) -> Int? {
        guard let node = optional(name) else { return nil }
        guard let value = node.integer, range.contains(value) else {
            throw fault(
                name,
                "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }

    /// A finite number that is not negative.
    mutating func amount(_ name: String) throws(JSONFault) -> Double {
        let node = try require(name)
        guard let value = node.number, value >= 0, value <= 1e15 else {
            throw fault(name, "must be a number from 0 to 1e15")
        }
        return value
    }

    /// A moment that may be missing.
    mutating func time(_ name: String) throws(JSONFault) -> Date? {
        guard let node = optional(name) else { return nil }
        guard let text = node.text, let time = Timestamp.date(text) else {
            throw fault(name, "must be a time such as 2027-01-31T00:00:00Z")
        }
        return time
    }

    /// All members that are left, in their order, with the path of each.
    mutating func all() -> [(name: String, path: String, node: JSONNode)] {
        defer { rest = [] }
        return rest.map { ($0.name, path.isEmpty ? $0.name : "\(path).\($0.name)", $0.value) }
    }

    /// Refuses members that nobody took.
    func finish() throws(JSONFault) {
        guard let member = rest.first else { return }
        throw fault(String(member.name.prefix(64)), "is not known")
    }
}
