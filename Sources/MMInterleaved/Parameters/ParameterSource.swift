package import Tensors

/// Name and shape of one parameter, as the reference checkpoint names it.
package struct ParameterDescription: Hashable, Sendable {
    /// Dotted path of modules, such as `mm_decoder.layers.0.self_attn.q_proj.weight`.
    package let name: String
    /// Extents in PyTorch's order.
    package let shape: [Int]

    /// Number of elements.
    package var count: Int { shape.reduce(1, *) }

    /// Names a parameter and its shape.
    package init(name: String, shape: [Int]) {
        self.name = name
        self.shape = shape
    }
}

/// Where the numbers of parameters come from.
package protocol ParameterSource {
    /// Fills a contiguous matrix with a parameter's elements in PyTorch's order.
    ///
    /// - Parameters:
    ///   - parameter: A parameter whose presence and shape were checked before.
    ///   - matrix: Has as many elements as the parameter.
    /// - Throws: if the numbers cannot be read.
    func read(_ parameter: ParameterDescription, into matrix: Matrix) throws
}

/// A source without numbers: everything stays zero and costs no memory, as nothing is written.
///
/// For asking a configuration which parameters its model has.
package struct NoParameters: ParameterSource {
    /// Makes the source.
    package init() {}

    package func read(_ parameter: ParameterDescription, into matrix: Matrix) throws {}
}
