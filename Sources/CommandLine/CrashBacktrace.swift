import Glibc

/// A backtrace with names on standard error when the program crashes.
enum CrashBacktrace {
    /// Where the Swift runtime finds its settings (Swift, "Backtracing support").
    private static let variable = "SWIFT_BACKTRACE"

    /// Of the thread that crashed, where it was and what called it: no registers, no memory, which may hold what clients sent.
    private static let settings =
        "enable=yes,color=no,interactive=no,threads=crashed,registers=none,images=none,sanitize=yes"

    /// The settings, and the program that reads the stack where one was installed beside this one: a runtime within the program
    /// finds none by itself.
    private static func settings(program: String) -> String {
        let reader = Installation.companion("swift-backtrace", of: program)
        // There is no way to quote what separates settings.
        guard let reader, !reader.contains(",") else { return settings }
        return "\(settings),swift-backtrace=\(reader)"
    }

    /// Asks the runtime for it, unless the environment has settings of its own.
    ///
    /// The runtime reads them before a program begins: so it begins again, as the same process. Where that is not possible it
    /// goes on without. To be called before anything else, and by the program alone: tests would begin again, too.
    static func enable() {
        guard unsafe getenv(variable) == nil else { return }
        let path = Installation.programPath
        guard !path.isEmpty else { return }
        unsafe setenv(variable, settings(program: path), 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe Swift.CommandLine.arguments.map {
            unsafe strdup($0)
        }
        unsafe arguments.append(nil)
        unsafe execv(path, arguments)
        for index in unsafe arguments.indices { unsafe free(arguments[index]) }
    }
}
