extension Drawing {
    /// Memory of any drawing's numbers in a model of these sizes: what stays between its steps, and its pixels.
    ///
    /// Most of it is what the picture before it tells the synchronizers, whether there is one or not.
    package static func byteCount(of configuration: ModelConfiguration) -> Int {
        let unet = configuration.imageDecoder.unet
        let latents = 4 * unet.sampleSize * unet.sampleSize * unet.latentChannels
        let side = unet.sampleSize * configuration.imageDecoder.autoencoder.upsamplingFactor
        let pixels = 3 * side * side
        let tokens = configuration.imageDecoder.perceiver.queryCount
        // Keys and values of the conditioning tokens.
        let keyValues = 2 * tokens * unet.attentionChannels.reduce(0, +)
        let rowCount = configuration.vision.pyramidSides.reduce(0) { $0 + $1 * $1 }
        // One for each skip tensor, and one for the middle.
        let source = (unet.skips.count + 1) * rowCount * unet.synchronizerWidth
        return (latents + pixels + keyValues + source) * MemoryLayout<Float>.stride
    }
}
