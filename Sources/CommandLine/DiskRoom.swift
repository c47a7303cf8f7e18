import Files
import Foundation

/// What a long command says of the disk before it begins.
enum DiskRoom {
    /// Says on standard error how much will be written, before minutes have gone into it.
    static func tell(_ byteCount: Int, _ output: String) {
        let free = Folder.freeByteCount(Folder.parent(of: output) ?? ".")
        let room = free.map { "; \(sizeText($0)) are free" } ?? ""
        let text = "\(output): \(sizeText(byteCount)) to write\(room)\n"
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
