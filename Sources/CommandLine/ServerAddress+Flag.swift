import ArgumentParser
import LoadGenerator

extension ServerAddress {
    /// Reads the value of `--url`.
    ///
    /// - Throws: `ValidationError`.
    init(flag url: String) throws {
        do throws(Fault) {
            try self.init(url)
        } catch {
            throw ValidationError("--url: \(error)")
        }
    }

    /// Asks whether a daemon is there and has its model.
    ///
    /// - Throws: `HTTPClient.Fault`.
    func requireReady() throws { _ = try HTTPClient(self).get("/readyz") }
}
