internal import Files

extension ReferenceLayout {
    /// Makes sure that every part of a release is where it is expected.
    ///
    /// - Throws: ``ImportError`` that lists all that is missing, and the tree that is expected.
    package func requireFiles() throws(ImportError) {
        let missing = files.filter { !Folder.hasEntry($0.path) }
        guard !missing.isEmpty else { return }
        let list = missing.map { "  \($0.path) (\($0.role))" }.joined(separator: "\n")
        throw ImportError(
            path: checkpoint,
            detail: """
                is not a whole release; missing are
                \(list)
                Expected are the checkpoint, a folder or a file, and the assets it was built from:
                \(Self.tree)
                Paths of assets come from the release's mm_inference.yaml (--config).
                """
        )
    }

    /// What an import reads, with what it is for.
    private var files: [(path: String, role: String)] {
        let language = asset(settings.model.languageModelPath)
        let decoder = asset(settings.model.imageDecoder.path)
        return [
            (checkpoint, "the weights"),
            (tokenizerPath, "the tokenizer"),
            (language + "/config.json", "the language model's sizes"),
            (
                asset(settings.model.visualTokenizer.encoderPath) + "/config.json",
                "the vision encoder's sizes"
            ),
            (decoder + "/unet/config.json", "the image decoder's sizes"),
            (autoencoderPath + "/config.json", "the autoencoder's sizes"),
            (decoder + "/scheduler/scheduler_config.json", "the noise schedule"),
        ]
    }

    /// The published release, as its authors lay it out.
    private static let tree = """
          OUTPUT/mm_interleaved_pretrain/    pytorch_model.bin or shards   (--checkpoint)
          assets/                                                          (--assets)
            lmsys/vicuna-13b-v1.3/           config.json, tokenizer.model
            openai/clip-vit-large-patch14/   config.json
            stabilityai/stable-diffusion-2-1-base/
              unet/config.json, scheduler/scheduler_config.json
              vae/                           config.json and its weights
        """
}
