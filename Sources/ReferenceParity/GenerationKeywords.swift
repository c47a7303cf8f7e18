import Foundation
import MMInterleaved

/// The reference's generation keywords as our parameters.
enum GenerationKeywords {
    /// Text settings; what is not given has the reference's default.
    static func text(_ keywords: [String: Any]) -> TextParameters {
        func number<Value>(_ name: String, _ standard: Value) -> Value {
            (try? member(keywords, name, as: Value.self)) ?? standard
        }
        var parameters = TextParameters()
        parameters.maximumTokenCount = number("max_length", 30)
        // The begin-of-sequence token counts.
        parameters.minimumTokenCount = max(0, number("min_length", 8) - 1)
        parameters.beamCount = number("num_beams", 5)
        parameters.repetitionPenalty = Float(number("repetition_penalty", 1.0 as Double))
        parameters.lengthPenalty = Float(number("length_penalty", 1.0 as Double))
        parameters.sequenceCount = number("num_captions", 1)
        parameters.topP = Float(number("top_p", 0.9 as Double))
        parameters.topK = 50
        let samples = number("use_nucleus_sampling", false)
        parameters.temperature = samples ? Float(number("temperature", 1.0 as Double)) : 0
        return parameters
    }

    /// Picture settings; what is not given has the reference's default.
    static func picture(_ keywords: [String: Any]) -> PictureParameters {
        var parameters = PictureParameters()
        parameters.stepCount = keywords["num_inference_steps"] as? Int ?? 30
        parameters.guidanceScale = Float(
            (try? member(keywords, "guidance_scale", as: Double.self)) ?? 7.5
        )
        parameters.count = keywords["num_validation_images"] as? Int ?? 1
        return parameters
    }
}
