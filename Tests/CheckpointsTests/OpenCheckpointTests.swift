import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite("Opening checkpoints")
struct OpenCheckpointTests {
    private func shard(_ name: String, _ value: Float) -> [UInt8] {
        safetensorsBytes(
            header: "{\"\(name)\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            data: littleEndian([value])
        )
    }

    private func kind(_ path: String) -> CheckpointError.Kind? {
        do throws(CheckpointError) {
            _ = try openCheckpoint(at: path)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test("Joins the shards of an index, of both formats")
    func readsShards() throws {
        let directory = try TemporaryDirectory()
        try directory.write(shard("b", 1), to: "two.safetensors")
        let pickle = Pickle.state([
            ("a", Pickle.tensor(Pickle.storage(count: 1), size: [1], stride: [1])),
            ("unlisted", Pickle.tensor(Pickle.storage(count: 1), size: [1], stride: [1])),
        ])
        try directory.write(
            PickleArchive(pickle: pickle, storages: ["0": littleEndian([2])]).encoded(),
            to: "one.bin"
        )
        try directory.write(
            Array(
                """
                {"metadata": {"total_size": 8.0},
                 "weight_map": {"b": "two.safetensors", "a": "one.bin"}}
                """.utf8
            ),
            to: "pytorch_model.bin.index.json"
        )
        let reader = try openCheckpoint(at: directory.path)
        #expect(reader.tensorNames == ["a", "b"])
        #expect(try reader.floats(of: "a") == [2])
        #expect(try reader.floats(of: "b") == [1])
        #expect(throws: CheckpointError.self) { try reader.bytes(of: "unlisted") }
    }

    @Test("Prefers safetensors to PyTorch files in a directory")
    func prefersSafetensors() throws {
        let directory = try TemporaryDirectory()
        try directory.write([1], to: "pytorch_model.bin")
        try directory.write(shard("w", 3), to: "model.safetensors")
        #expect(try openCheckpoint(at: directory.path).floats(of: "w") == [3])
    }

    @Test(
        "Refuses an index",
        arguments: [
            ("{\"weight_map\":{\"a\":\"../one.bin\"}}", CheckpointError.Kind.forbidden),
            ("{\"weight_map\":{\"a\":\"/etc/hostname\"}}", .forbidden),
            ("{\"weight_map\":{\"a\":\"..\"}}", .forbidden),
            ("{\"weight_map\":{\"a\":\"model.safetensors.index.json\"}}", .forbidden),
            ("{\"weight_map\":{\"a\":\"absent.bin\"}}", .systemCall),
            ("{\"weight_map\":{\"b\":\"one.safetensors\"}}", .missingTensor),
            ("{\"weight_map\":{\"a\":1}}", .malformed),
            ("{\"weight_map\":{}}", .limitExceeded),
            (
                "{\"weight_map\":{\"a\":\"one.safetensors\",\"a\":\"one.safetensors\"}}",
                .duplicateName
            ),
            ("{}", .malformed),
            ("", .notACheckpoint),
        ]
    )
    func refusesIndex(_ text: String, _ expected: CheckpointError.Kind) throws {
        let directory = try TemporaryDirectory()
        try directory.write(shard("a", 3), to: "one.safetensors")
        let path = try directory.write(Array(text.utf8), to: "model.safetensors.index.json")
        #expect(kind(path) == expected)
    }

    @Test("Refuses what is no file of weights")
    func refusesOtherFiles() throws {
        let directory = try TemporaryDirectory()
        #expect(kind(directory.path) == .notACheckpoint)
        #expect(kind(directory.path + "absent") == .systemCall)
        #expect(kind("/dev/null") == .notACheckpoint)
        #expect(
            kind(try directory.write(Array("GGUF\u{3}\0\0\0".utf8), to: "m.gguf")) == .truncated
        )
        #expect(throws: CheckpointError.self) { try MappedFile(path: directory.path) }
    }
}
