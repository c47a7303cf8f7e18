import Glibc

/// The C library's double-precision functions, as the yardstick of the kernels' own.
enum Reference {
    static func exp(_ x: Double) -> Double { Glibc.exp(x) }
    static func erf(_ x: Double) -> Double { Glibc.erf(x) }
    static func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }
    static func gelu(_ x: Double) -> Double { x * 0.5 * (1 + erf(x / 2.0.squareRoot())) }
}
