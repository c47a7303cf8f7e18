import COpenSSL
import Images
import ServiceAPI
import Tensors

/// What `interleaved --version` prints.
enum Version {
    /// Version and commit, then what computes and which libraries are in use, a line each.
    static var text: String {
        let commit = BuildInformation.commit.map { " (\($0))" } ?? ""
        return """
            interleaved \(BuildInformation.version)\(commit)
            instruction set: \(InstructionSets.ofProcess.story)
            libraries: \(libraries.joined(separator: ", "))
            """
    }

    private static var libraries: [String] {
        CodecVersions.all + [unsafe String(cString: OpenSSL_version(OPENSSL_VERSION))]
    }
}
