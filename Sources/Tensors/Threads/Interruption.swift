/// What comes between two parts of a long computation, because it cannot wait for the end.
///
/// The parts are cut as always, and each is computed as a whole: that something came between them changes no bit.
package struct Interruption {
    /// Whether it is time; asked on the caller's thread before every computation and after every part that this computes.
    let isDue: () -> Bool
    /// What is done then: may use the pool and scratch memory, and is not interrupted itself.
    let body: () -> Void

    /// Names both.
    package init(isDue: @escaping () -> Bool, _ body: @escaping () -> Void) {
        self.isDue = isDue
        self.body = body
    }
}
