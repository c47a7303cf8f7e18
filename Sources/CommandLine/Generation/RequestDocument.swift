import Engine
import Files
import JSON
import MMInterleaved
import ServiceAPI

/// A request as `POST /v1/interleave` takes it, from a file or from the command line.
struct RequestDocument {
    /// A value and where it stands in the document.
    typealias Member = (path: [String], value: JSON)

    /// What errors call it.
    private let name: String
    private let bytes: [UInt8]

    /// Reads a file; `-` is standard input.
    ///
    /// - Throws: `FileError`.
    init(path: String) throws(FileError) {
        name = path
        bytes = try File.read(
            path,
            maximumByteCount: Limits().maximumBodyByteCount,
            mayBePipe: true
        )
    }

    /// Takes texts, and pictures by `@` and their path.
    ///
    /// - Throws: `FileError` for a picture that cannot be read.
    init(_ input: [String]) throws(FileError) {
        name = "--input"
        var parts: [JSON] = []
        for part in try InputPart.parts(of: input) {
            switch part {
            case .text(let text): parts.append(["type": "text", "text": .string(text)])
            case .image(let file):
                // Which kind of picture it is, its bytes tell.
                let image = JSON.dataURL(mediaType: "image/png", file)
                parts.append(["type": "image", "image": image])
            }
        }
        bytes = (["input": .array(parts)] as JSON).encoded
    }

    /// The request, with the settings of the command line over its own.
    ///
    /// - Throws: ``CommandError`` that names the document and the field at fault.
    func call(
        _ configuration: ModelConfiguration,
        _ options: GenerationOptions
    ) throws -> InterleaveCall {
        func decode(_ bytes: [UInt8], _ name: String) throws(CommandError) -> InterleaveCall {
            do throws(RequestError) {
                return try InterleaveCall(
                    decoding: bytes,
                    configuration: configuration,
                    limits: Limits()
                )
            } catch {
                throw CommandError("\(name): \(error)")
            }
        }
        // By itself first: an error in a file is neither hidden by flags nor blamed on them.
        var call = try decode(bytes, name)
        let members = options.members
        if !members.isEmpty {
            var document = JSON(try JSONParser.parse(bytes))
            for member in members { document.set(member.path[...], to: member.value) }
            call = try decode(document.encoded, "\(name) with the flags")
        }
        guard !call.isDryRun else {
            throw CommandError("\(name): dry_run has a meaning only at a daemon")
        }
        // Nobody waits at the other end of a connection.
        call.request.timeout = nil
        return call
    }
}

extension JSON {
    /// Sets a member of an object, or of objects inside it, which are made where they are missing.
    fileprivate mutating func set(_ path: ArraySlice<String>, to value: JSON) {
        guard let name = path.first else { return self = value }
        var members: [(name: String, value: JSON)] = []
        if case .object(let own) = self { members = own }
        let index = members.firstIndex { $0.name == name } ?? members.endIndex
        if index == members.endIndex { members.append((name, .object([]))) }
        members[index].value.set(path.dropFirst(), to: value)
        self = .object(members)
    }
}

extension InputPart {
    /// Texts as they are, and pictures by `@` and the path of their file.
    ///
    /// - Throws: `FileError` for a picture that cannot be read.
    static func parts(of arguments: [String]) throws(FileError) -> [InputPart] {
        var parts: [InputPart] = []
        for argument in arguments {
            guard argument.hasPrefix("@") else {
                parts.append(.text(argument))
                continue
            }
            let limit = Limits().maximumBodyByteCount
            let path = String(argument.dropFirst())
            let file = try File.read(path, maximumByteCount: limit, mayBePipe: true)
            parts.append(.image(file))
        }
        return parts
    }
}
