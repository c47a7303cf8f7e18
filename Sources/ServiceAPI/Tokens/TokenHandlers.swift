internal import Engine
internal import HTTPServer
internal import JSON
internal import MMInterleaved
internal import Tokenization

extension Service {
    /// `POST /v1/tokenize`.
    func tokenize(_ request: Request, _ exchange: Exchange, _ engine: Engine) throws {
        let call = try TokenizeCall(
            decoding: request.body,
            model: engine.modelConfiguration.name,
            limits: configuration.limits
        )
        engine.onText(ofByteCount: call.textByteCount) {
            do {
                let tokens = try call.tokens(
                    engine.tokenizer,
                    imageTokenCount: engine.modelConfiguration.imageTokenCount
                )
                exchange.answer([
                    "model": .string(engine.modelConfiguration.name),
                    "count": .integer(tokens.count),
                    "tokens": .array(tokens.map { .integer($0) }),
                    "pieces": .array(
                        tokens.map { .string(engine.tokenizer.piece(of: $0) ?? "") }
                    ),
                ])
            } catch {
                exchange.fail(error)
            }
        }
    }

    /// `POST /v1/detokenize`.
    func detokenize(_ request: Request, _ exchange: Exchange, _ engine: Engine) throws {
        let call = try DetokenizeCall(
            decoding: request.body,
            model: engine.modelConfiguration.name,
            vocabularySize: engine.tokenizer.totalVocabularySize,
            limits: configuration.limits
        )
        let text = try engine.tokenizer.decode(
            call.tokens,
            skipsSpecialTokens: call.skipsSpecialTokens
        )
        exchange.answer(["model": .string(engine.modelConfiguration.name), "text": .string(text)])
    }
}
