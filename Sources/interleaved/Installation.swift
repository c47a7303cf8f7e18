import Foundation

/// Where files lie that come with the program.
enum Installation {
    /// Folders to look in, the first wins: the working directory's checkout, the checkout that this program
    /// was built in, and the place where packages put such files.
    ///
    /// - `checkoutPath`: Path in a checkout.
    /// - `packageName`: Name in `/usr/share/interleaved`.
    static func folders(checkoutPath: String, packageName: String) -> [String] {
        let executable = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let checkout = executable.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return [
            checkoutPath, "\(checkout.path)/\(checkoutPath)",
            "/usr/share/interleaved/\(packageName)",
        ]
    }
}
