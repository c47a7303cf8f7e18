import Foundation
import Glibc
import TestSupport
import Testing

@testable import Checkpoints

@Suite("Mapped files")
struct MappedFileTests {
    /// The share of a file's pages that are in the system's memory.
    private func residentShare(_ path: String, _ byteCount: Int) throws -> Double {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let mapping = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
        let address = unsafe try #require(mapping)
        defer { unsafe _ = munmap(address, byteCount) }
        var pages = [UInt8](repeating: 0, count: (byteCount + 4095) / 4096)
        let status = unsafe mincore(address, byteCount, &pages)
        try #require(status == 0)
        return Double(pages.count { $0 & 1 == 1 }) / Double(pages.count)
    }

    @Test("What is read ahead is all of a range, however long it is")
    func readsAhead() async throws {
        let directory = try TemporaryDirectory()
        // Longer than any device's setting that we have met, 8 MiB.
        let byteCount = 24 << 20
        let path = try directory.write([UInt8](repeating: 7, count: byteCount), to: "file")
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        // A file system in memory keeps its pages, and has nothing to read.
        try #require(fsync(descriptor) == 0)
        try #require(posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) == 0)
        let file = try MappedFile(path: path)

        file.prefetch(0..<byteCount)

        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        var share = try residentShare(path, byteCount)
        while share < 1, clock.now < end {
            try await Task.sleep(for: .milliseconds(10))
            share = try residentShare(path, byteCount)
        }
        #expect(share == 1)
    }
}
