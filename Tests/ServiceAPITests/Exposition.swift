import Foundation
import Testing

/// A parsed metrics document: strict about everything that version 0.0.4 of the text format says.
struct Exposition {
    /// A line with a value.
    struct Sample: Hashable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    /// A family by name.
    struct Family {
        let kind: String
        let help: String
        var samples: [Sample] = []
    }

    private(set) var families: [String: Family] = [:]

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Fault(description: "no line end at the end") }
        var current: (name: String, help: String, kind: String?)?
        for line in text.dropLast().components(separatedBy: "\n") {
            if line.hasPrefix("# HELP ") {
                let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1)
                guard parts.count == 2, families[String(parts[0])] == nil else {
                    throw Fault(description: "help without words, or twice: \(line)")
                }
                current = (String(parts[0]), String(parts[1]), nil)
            } else if line.hasPrefix("# TYPE ") {
                let parts = line.dropFirst(7).split(separator: " ")
                guard let family = current, family.kind == nil, parts.count == 2,
                    parts[0] == family.name,
                    ["counter", "gauge", "histogram"].contains(parts[1])
                else { throw Fault(description: "a type out of place: \(line)") }
                current?.kind = String(parts[1])
                families[family.name] = Family(kind: String(parts[1]), help: family.help)
            } else {
                guard let family = current, let kind = family.kind else {
                    throw Fault(description: "a sample before its family: \(line)")
                }
                let sample = try Self.sample(line)
                let endings = kind == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
                guard endings.contains(where: { sample.name == family.name + $0 }) else {
                    throw Fault(description: "a sample of another family: \(line)")
                }
                let isNew = families[family.name]?.samples.allSatisfy {
                    $0.name != sample.name || $0.labels != sample.labels
                }
                guard isNew == true else { throw Fault(description: "twice: \(line)") }
                families[family.name]?.samples.append(sample)
            }
        }
        for (name, family) in families { try Self.check(name, family) }
    }

    /// The value of one sample.
    func value(_ name: String, _ labels: [String: String] = [:]) throws -> Double {
        let ending = ["_bucket", "_sum", "_count"].first { name.hasSuffix($0) } ?? ""
        let family = families[name] ?? families[String(name.dropLast(ending.count))]
        return try #require(
            family?.samples.first { $0.name == name && $0.labels == labels },
            "\(name) \(labels)"
        ).value
    }

    // MARK: - Lines

    private static func sample(_ line: String) throws -> Sample {
        var rest = Substring(line)
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest = rest.dropFirst()
            repeat {
                let key = String(rest.prefix { $0.isLetter || $0 == "_" })
                rest = rest.dropFirst(key.count)
                guard !key.isEmpty, rest.hasPrefix("=\""), labels[key] == nil else {
                    throw Fault(description: "a label: \(line)")
                }
                rest = rest.dropFirst(2)
                labels[key] = try quoted(&rest, line)
                guard let next = rest.popFirst(), next == "," || next == "}" else {
                    throw Fault(description: "after a label: \(line)")
                }
                if next == "}" { break }
            } while true
        }
        guard !name.isEmpty, name.first?.isNumber == false, rest.first == " ",
            let value = number(rest.dropFirst())
        else { throw Fault(description: "a name and a number: \(line)") }
        return Sample(name: String(name), labels: labels, value: value)
    }

    private static func quoted(_ rest: inout Substring, _ line: String) throws -> String {
        var value = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return value
            case "\\":
                switch rest.popFirst() {
                case "n": value.append("\n")
                case "\\": value.append("\\")
                case "\"": value.append("\"")
                default: throw Fault(description: "an escape: \(line)")
                }
            default: value.append(character)
            }
        }
        throw Fault(description: "a value without an end: \(line)")
    }

    private static func number(_ text: Substring) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        case "NaN": .nan
        default:
            text.allSatisfy { $0.isASCII && ($0.isNumber || "+-.e".contains($0)) }
                ? Double(text) : nil
        }
    }

    // MARK: - Families

    private static func check(_ name: String, _ family: Family) throws {
        switch family.kind {
        case "counter":
            guard name.hasSuffix("_total"), family.samples.allSatisfy({ $0.value >= 0 }) else {
                throw Fault(description: "a counter without _total, or below zero: \(name)")
            }
        case "histogram": try checkHistogram(name, family)
        default:
            guard !name.hasSuffix("_total") else {
                throw Fault(description: "a gauge called total: \(name)")
            }
        }
    }

    private static func checkHistogram(_ name: String, _ family: Family) throws {
        var series: [[String: String]: [(bound: Double, count: Double)]] = [:]
        for sample in family.samples where sample.name == name + "_bucket" {
            var labels = sample.labels
            guard let bound = labels.removeValue(forKey: "le").flatMap({ number(Substring($0)) })
            else { throw Fault(description: "a bucket without a bound: \(name)") }
            series[labels, default: []].append((bound, sample.value))
        }
        for (labels, buckets) in series {
            let isOrdered = zip(buckets, buckets.dropFirst()).allSatisfy {
                $0.bound < $1.bound && $0.count <= $1.count
            }
            let count = family.samples.first { $0.name == name + "_count" && $0.labels == labels }
            let sum = family.samples.first { $0.name == name + "_sum" && $0.labels == labels }
            guard isOrdered, buckets.last?.bound == .infinity, sum != nil,
                buckets.last?.count == count?.value
            else { throw Fault(description: "buckets of \(name) \(labels)") }
        }
        let counts = family.samples.count { $0.name == name + "_count" }
        guard counts == series.count else { throw Fault(description: "counts of \(name)") }
    }
}
