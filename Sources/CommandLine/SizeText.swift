/// A number of bytes as people say it, to a tenth of the unit.
func sizeText(_ count: Int) -> String {
    let unit = count >= 1 << 30 ? ("GiB", 1 << 30) : ("MiB", 1 << 20)
    let tenths = Int((Double(count) / Double(unit.1) * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10) \(unit.0)" : "\(tenths / 10).\(tenths % 10) \(unit.0)"
}
