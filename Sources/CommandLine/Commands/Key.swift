import ArgumentParser
import Foundation
import Keys

/// Makes keys, tells of them, takes them back.
struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, list and revoke the keys that a daemon asks for.",
        discussion: """
            A daemon with the setting api_keys asks every client for a key of that file, as Authorization: Bearer KEY. \
            Changes take effect when the daemon gets SIGHUP or starts.
            """,
        subcommands: [KeyAdd.self, KeyList.self, KeyRevoke.self, KeyUsageReport.self]
    )
}

/// The file that the commands work on.
struct KeyFileOption: ParsableArguments {
    @Option(name: .customLong("file"), help: "File of keys, which api_keys names.")
    var path: String
}

/// Makes a key.
struct KeyAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make a key, and print it: it is not kept and cannot be shown again.",
        discussion: """
            The file is made if there is none, readable by its owner alone. Rights are some of read (models, tokens, own \
            requests), generate (the model's work) and admin (metrics, everybody's requests); each opens its own routes and \
            no others. Limits that are not given are none.
            """
    )

    @OptionGroup var file: KeyFileOption

    @Option(help: "What people, the log and metrics call the key.")
    var name: String

    @Option(help: "Whose requests and caches it shares; its own name unless given.")
    var tenant: String?

    @Option(help: "What it opens: some of read, generate, admin, with commas between them.")
    var rights = "read,generate"

    @Option(help: "Most requests in a minute.")
    var requestsPerMinute: Int?

    @Option(help: "Most requests that wait in the queue or are computed at once.")
    var running: Int?

    @Option(help: "Most tokens in a minute, read and written.")
    var tokensPerMinute: Int?

    @Option(help: "Most pictures drawn in a minute.")
    var picturesPerMinute: Int?

    @Option(
        help: "Day or moment from which on it opens nothing: 2027-01-31 or 2027-01-31T12:00:00Z."
    )
    var expires: String?

    func run() throws {
        for (flag, name) in [("--name", name), ("--tenant", tenant ?? name)] {
            if let detail = APIKey.checkName(name) { throw ValidationError("\(flag): \(detail)") }
        }
        let secret = KeySecret.random()
        let key = APIKey(
            name: name,
            tenant: tenant,
            digest: secret.digest,
            rights: try checkedRights(),
            limits: try checkedLimits(),
            expires: try checkedExpiry()
        )
        try KeyFile.change(file.path, canBegin: true) { keys throws(KeyFileError) in
            try keys.add(key)
        }
        print(secret.text)
    }

    private func checkedRights() throws -> Set<KeyRight> {
        let rights = try rights.split(separator: ",", omittingEmptySubsequences: false).map {
            word in
            guard let right = KeyRight(rawValue: String(word)) else {
                let known = KeyRight.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--rights: \"\(word)\" is none of \(known)")
            }
            return right
        }
        return Set(rights)
    }

    private func checkedLimits() throws -> KeyLimits {
        var limits = KeyLimits()
        limits.requestsPerMinute = requestsPerMinute
        limits.running = running
        limits.tokensPerMinute = tokensPerMinute
        limits.picturesPerMinute = picturesPerMinute
        for (name, path) in KeyLimits.fields {
            let flag = "--" + name.replacing("_", with: "-")
            try require(flag, limits[keyPath: path], in: KeyLimits.range)
        }
        return limits
    }

    private func checkedExpiry() throws -> Date? {
        guard let expires else { return nil }
        guard let date = Timestamp.date(expires) else {
            throw ValidationError(
                "--expires: \"\(expires)\" is neither a day, such as 2027-01-31, nor a moment, such as "
                    + "2027-01-31T12:00:00Z"
            )
        }
        guard date > .now else { throw ValidationError("--expires: \"\(expires)\" is over") }
        return date
    }
}

/// Tells what keys there are.
struct KeyList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Print what keys there are, and what each may do."
    )

    @OptionGroup var file: KeyFileOption

    func run() throws {
        print(KeyTables.list(try KeyFile(path: file.path).keys, at: .now).text)
    }
}

/// Takes a key back.
struct KeyRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Take a key back: it opens nothing any more once the daemon has got SIGHUP.",
        discussion: """
            Its name stays taken and its usage stays to be seen. Requests that run then are finished.
            """
    )

    @OptionGroup var file: KeyFileOption

    @Option(help: "The key's name.")
    var name: String

    func run() throws {
        try KeyFile.change(file.path, canBegin: false) { keys throws(KeyFileError) in
            try keys.revoke(name)
        }
    }
}

/// Tells what was done for keys.
struct KeyUsageReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Print what was done for each key: requests, tokens, pictures, machine time.",
        discussion: """
            The daemon writes the totals beside the file of keys, in FILE.usage, each minute and at its end, and goes on \
            from there when it starts again. /metrics has them as of now.
            """
    )

    @OptionGroup var file: KeyFileOption

    @Option(help: "One key's name; all of them without it.")
    var name: String?

    func run() throws {
        var keys = try KeyFile(path: file.path).keys
        if let name {
            keys.removeAll { $0.name != name }
            guard !keys.isEmpty else {
                throw CommandError("\(file.path): there is no key \"\(name)\"")
            }
        }
        let path = UsageFile.path(beside: file.path)
        guard let usage = try UsageFile.read(path) else {
            throw CommandError("\(path): no daemon has written it yet")
        }
        print(KeyTables.usage(keys, usage).text)
    }
}
