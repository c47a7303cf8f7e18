/// The style of the page in the browser, for pages that are files of their own.
package enum PageStyle {
    /// What a report needs: no rule of it names anything outside.
    package static let report = ["/page/base.css", "/page/report.css"].map { path in
        String(decoding: PageFile.all[path]?.body.plain ?? [], as: UTF8.self)
    }.joined(separator: "\n")
}
