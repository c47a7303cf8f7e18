// swift-tools-version:6.3
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .enableUpcomingFeature("ImmutableWeakCaptures"),  // SE-0481
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .warning),
]

let cSettings: [CSetting] = [
    .define("_GNU_SOURCE", .when(platforms: [.linux])),
    .define("NDEBUG", .when(configuration: .release)),
    .treatAllWarnings(as: .error),
    .enableWarning("all"),
    .enableWarning("extra"),
    .enableWarning("shadow"),
    .enableWarning("strict-prototypes"),
    .enableWarning("missing-prototypes"),
]

/// The version of the sources; a release's tag is `v` and this.
let version = "0.1.0"

/// What `--version` tells; make and the scripts set it, and a plain `swift build` may leave it out.
let commit = (Context.environment["INTERLEAVED_COMMIT"] ?? "").filter {
    $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0))
}

/// A library target of ours: dependencies are named in the order of the layers, lowest first.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

/// The tests of one library, in `Tests/<name>Tests`.
///
/// Those that compare kernels with plain arithmetic of their own are optimised in every build, as otherwise that arithmetic
/// takes most of the time of all tests; the others in none, as otherwise compiling them does.
func tests(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    resources: [Resource] = [],
    arithmetic: Bool = false
) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        resources: resources,
        swiftSettings: swiftSettings + [.unsafeFlags([arithmetic ? "-O" : "-Onone"])]
    )
}

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "interleaved",
    products: [
        .executable(name: "interleaved", targets: ["interleaved"]),
        .executable(name: "interleaved-parity", targets: ["interleaved-parity"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // L0: kernels and thin shims over C libraries.
        .target(name: "CKernels", cSettings: cSettings),
        .target(name: "CLinux", cSettings: cSettings),
        .target(name: "CContract", cSettings: cSettings),
        .target(name: "CPage", exclude: ["page"], cSettings: cSettings),
        .target(
            name: "CBuild",
            cSettings: cSettings + [
                .define("ILV_COMMIT", to: "\"\(commit)\""),
                .define("ILV_VERSION", to: "\"\(version)\""),
            ]
        ),
        library("Locking"),
        // No pkg-config: what it says when a package is missing is kept in the build folder, and is still believed when the
        // package is there. Module maps and targets name their libraries; shims say what to install.
        .systemLibrary(name: "COpenSSL"),
        .systemLibrary(name: "CZlib"),
        library("Files", ["CLinux"]),
        library("Digests", ["COpenSSL"]),
        library("Compression", ["CZlib"]),
        .target(
            name: "CImageCodecs",
            cSettings: cSettings,
            linkerSettings: ["jpeg", "png", "webp", "webpdemux", "z"].map { .linkedLibrary($0) }
        ),
        .target(
            name: "CSentencePiece",
            cxxSettings: [.define("_GNU_SOURCE")],
            linkerSettings: [.linkedLibrary("sentencepiece")]
        ),

        // L1
        library("Tensors", ["CKernels", "CLinux", "Files"]),
        library("HTTPWire"),
        library("JSON"),

        // L2
        library("Checkpoints", ["CZlib", "Digests", "Files", "JSON"]),
        library("Tokenization", ["CSentencePiece", "Files"]),
        library("Images", ["CImageCodecs"]),
        library("Sockets", ["CLinux", "COpenSSL"]),
        library("World", ["Images"]),
        library("Keys", ["Digests", "Files", "Locking", "JSON"]),
        library("Jobs", ["Locking"]),

        // L3
        library(
            "MMInterleaved",
            ["Digests", "Files", "JSON", "Tensors", "Checkpoints", "Tokenization", "Images"]
        ),
        library("Scheduling"),
        library("Simulation", ["Scheduling"]),

        library("Tracing", ["Locking", "JSON"]),

        library("JobFile", ["Files", "Jobs", grdb]),

        // L4
        library("HTTPServer", ["Locking", "HTTPWire", "Sockets", logging]),
        library(
            "Engine",
            [
                "CLinux", "Locking", "Tensors", "Tokenization", "Images", "MMInterleaved",
                "Scheduling", "Digests",
            ]
        ),

        library(
            "ReferenceImport",
            ["Files", "JSON", "Tensors", "Checkpoints", "Tokenization", "MMInterleaved", yams]
        ),

        library(
            "ReferenceParity",
            [
                "Files", "Locking", "Tensors", "Checkpoints", "Tokenization", "Images",
                "MMInterleaved",
                "Engine",
            ]
        ),

        // L5
        library(
            "ServiceAPI",
            [
                "CBuild", "CContract", "CPage", "Compression", "Digests", "Locking", "Tensors",
                "HTTPWire", "JSON", "Keys", "Jobs", "Sockets", "Tracing", "HTTPServer",
                "Tokenization",
                "Images",
                "MMInterleaved", "Scheduling", "Engine",
                logging, yams,
            ]
        ),

        library(
            "LoadGenerator",
            ["Locking", "HTTPWire", "JSON", "Sockets", "Images", "Scheduling", "Simulation"]
        ),

        library(
            "Evaluation",
            ["Locking", "JSON", "Images", "World", "MMInterleaved", "Engine", "LoadGenerator"]
        ),

        // L6
        library(
            "CommandLine",
            [
                "CLinux", "COpenSSL", "Files", "Locking", "Tensors", "Checkpoints",
                "Tokenization",
                "Images", "MMInterleaved", "Scheduling", "Simulation", "ReferenceImport",
                "Engine", "HTTPWire", "JSON", "Keys", "Jobs", "JobFile",
                "Sockets", "HTTPServer", "ServiceAPI", "LoadGenerator", "World",
                "Evaluation", "Tracing", argumentParser, logging, yams,
            ]
        ),

        // L7
        .executableTarget(
            name: "interleaved",
            dependencies: ["CommandLine"],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "interleaved-parity",
            dependencies: ["ReferenceParity", argumentParser],
            swiftSettings: swiftSettings
        ),

        // Tests mirror Sources.
        .target(
            name: "TestSupport",
            dependencies: ["CZlib", "Locking"],
            path: "Tests/TestSupport",
            swiftSettings: swiftSettings
        ),
        .target(
            name: "ModelTestSupport",
            dependencies: ["Locking", "Tensors", "Tokenization", "MMInterleaved"],
            path: "Tests/ModelTestSupport",
            swiftSettings: swiftSettings
        ),
        // The kernels for tiles on any processor: instructions are what their definition says.
        .target(
            name: "CTileModel",
            dependencies: ["CKernels"],
            path: "Tests/CTileModel",
            cSettings: cSettings + [.headerSearchPath("../../Sources/CKernels")]
        ),
        // What a fuzzer drives; ordinary builds make a program of it that repeats inputs. With ILV_FUZZER the fuzzer is
        // linked, for builds that count edges.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "HTTPWire", "JSON", "Keys", "Tensors", "Sockets", "Checkpoints", "Tokenization",
                "Images",
                "MMInterleaved", "Engine", "ServiceAPI", "CommandLine", "TestSupport",
                "ModelTestSupport",
            ],
            path: "Tests/FuzzTargets",
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "interleaved-fuzz",
            dependencies: ["FuzzTargets"],
            path: "Tests/Fuzzer",
            cSettings: cSettings,
            linkerSettings: Context.environment["ILV_FUZZER"] == nil
                ? [] : [.unsafeFlags(["-sanitize=fuzzer,address"])]
        ),
        tests("FuzzTargets", resources: [.copy("Corpus")]),
        tests("CKernels", ["CTileModel"], arithmetic: true),
        tests("Locking"),
        tests("Files"),
        tests("Digests"),
        tests("Compression"),
        tests("Tracing", ["Locking"]),
        tests("Tensors", resources: [.copy("Fixtures")], arithmetic: true),
        tests("HTTPWire"),
        tests("JSON"),
        tests("Checkpoints", resources: [.copy("Fixtures")]),
        tests("Tokenization", resources: [.copy("Fixtures")]),
        tests("Images", resources: [.copy("Fixtures")]),
        tests("Sockets", ["COpenSSL"]),
        tests("World", ["Images"], resources: [.copy("Fixtures")]),
        tests("Keys", ["Files"]),
        tests("Jobs", ["Locking"]),
        tests("JobFile", ["Jobs", grdb]),
        tests(
            "MMInterleaved",
            ["Locking", "Tensors", "Checkpoints", "Tokenization", "Images", "ModelTestSupport"],
            resources: [.copy("Fixtures")]
        ),
        tests("Scheduling"),
        tests("Simulation", ["Scheduling"]),
        tests("HTTPServer", ["Locking", "HTTPWire", "Sockets", logging]),
        tests(
            "Engine",
            [
                "Locking", "Tensors", "Tokenization", "Images", "MMInterleaved", "Scheduling",
                "ModelTestSupport",
            ]
        ),
        tests("ReferenceParity", ["MMInterleaved", "ReferenceImport"]),
        tests(
            "ReferenceImport",
            ["Tensors", "Checkpoints", "Tokenization", "MMInterleaved"]
        ),
        tests(
            "LoadGenerator",
            [
                "Locking", "HTTPWire", "HTTPServer", "Sockets", "Images", "Scheduling",
                "Simulation", logging,
            ]
        ),
        tests(
            "Evaluation",
            [
                "Locking", "Images", "World", "Tokenization", "MMInterleaved", "Engine",
                "ModelTestSupport",
            ]
        ),
        tests(
            "ServiceAPI",
            [
                "Digests", "Locking", "Tensors", "HTTPWire", "JSON", "Keys", "Jobs", "Sockets",
                "HTTPServer",
                "Tokenization",
                "Images", "MMInterleaved",
                "Scheduling", "Engine",
                logging,
            ]
        ),
        tests(
            "CommandLine",
            [
                "Files", "Locking", "Tensors", "HTTPWire", "JSON", "Keys", "Sockets",
                "Tokenization", "Images", "MMInterleaved", "Scheduling", "World", "HTTPServer",
                "Engine", "ServiceAPI", "LoadGenerator", "ModelTestSupport",
                logging,
                argumentParser,
            ],
            resources: [.copy("Fixtures")]
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17,
    cxxLanguageStandard: .cxx17
)

// Builds that need the tests of some modules alone, such as those under a sanitizer, name these: then the others are not
// built, nor what only they use.
if let names = Context.environment["ILV_TESTS"] {
    let wanted = Set(names.split(separator: ",").map { "\($0)Tests" })
    let unknown = wanted.subtracting(package.targets.map(\.name))
    guard unknown.isEmpty else {
        fatalError("ILV_TESTS names what has no tests: \(unknown.sorted())")
    }
    package.targets.removeAll { $0.type == .test && !wanted.contains($0.name) }
}
