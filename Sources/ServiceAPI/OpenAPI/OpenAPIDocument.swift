/// The text of `openapi.yaml`.
enum OpenAPIDocument {
    static let text = ""
}
