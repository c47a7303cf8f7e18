package import MMInterleaved

/// How the reference words tasks for the released model.
///
/// Source: OpenGVLab/MM-Interleaved, `mm_interleaved/custom_datasets`: `collator.py` (captions, questions, boxes and
/// regions), `visdial_dense.py` (dialogue), `vist.py` (stories).
package enum ReleasedTemplates {
    /// All of them; of those that take and answer the same, the most usual first.
    package static let all = understanding + drawing

    private static let understanding: [PromptTemplate] = [
        PromptTemplate(
            "caption",
            "Says what a picture shows.",
            [.image, .words("a photo of ")],
            answer: .init(.text)
        ),
        PromptTemplate(
            "question",
            "Answers a question about a picture in a word.",
            [
                .words("Based on the image, please answer the question. "), .image,
                .text(ending: "?"),
                .words(" Please provide an accurate answer within one word. The answer is:"),
            ],
            answer: .init(.text, maximumTokenCount: 10),
            examples: ["What color is the car?"]
        ),
        PromptTemplate(
            "dialogue",
            "Answers questions about a picture one after the other.",
            [.image, .history, .words("question: "), .text(ending: "?"), .words(" answer:")],
            history: [
                .words("question: "), .text(ending: "?"), .words(" answer: "), .answer,
                .words(". "),
            ],
            answer: .init(.text, maximumTokenCount: 20),
            examples: ["Is it sunny?"]
        ),
        PromptTemplate(
            "box",
            "Says where in a picture something is: left, top, right, bottom in thousandths of the sides.",
            [
                .image,
                .words(
                    "Provide the bounding box coordinate of the region this sentence describes. "
                ),
                .text(ending: nil), .words("<box>"),
            ],
            answer: .init(.text),
            examples: ["the man on the left"]
        ),
        PromptTemplate(
            "region",
            "Describes a region of a picture, given by its box in thousandths of the sides.",
            [
                .image, .words("Provide a short description for this <ref>region</ref><box>"),
                .text(ending: nil), .words("</box>."),
            ],
            answer: .init(.text),
            examples: ["(120,080)(560,930)"]
        ),
    ]

    private static let drawing: [PromptTemplate] = [
        PromptTemplate(
            "picture",
            "Draws a picture from words.",
            [.text(ending: nil)],
            answer: .init(.image),
            examples: ["a house at the sea"]
        ),
        PromptTemplate(
            "edit",
            "Draws a picture from a picture and words.",
            [.image, .text(ending: nil)],
            answer: .init(.image)
        ),
        PromptTemplate(
            "map",
            "Draws a picture from a colour map of its parts and words for them.",
            [.image, .text(ending: nil)],
            answer: .init(.image)
        ),
        PromptTemplate(
            "story",
            "Draws a scene from words, and goes on with sentences and pictures.",
            [.text(ending: nil)],
            answer: .init(.interleave, first: .image, maximumSegmentCount: 5)
        ),
    ]
}
