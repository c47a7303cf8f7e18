#include "cpage.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char answer_js[] = {
#embed "page/answer.js"
};
static const unsigned char api_js[] = {
#embed "page/api.js"
};
static const unsigned char app_js[] = {
#embed "page/app.js"
};
static const unsigned char base_css[] = {
#embed "page/base.css"
};
static const unsigned char charts_js[] = {
#embed "page/charts.js"
};
static const unsigned char compose_css[] = {
#embed "page/compose.css"
};
static const unsigned char compose_js[] = {
#embed "page/compose.js"
};
static const unsigned char composer_js[] = {
#embed "page/composer.js"
};
static const unsigned char conversation_js[] = {
#embed "page/conversation.js"
};
static const unsigned char docs_css[] = {
#embed "page/docs.css"
};
static const unsigned char docs_html[] = {
#embed "page/docs.html"
};
static const unsigned char docs_js[] = {
#embed "page/docs.js"
};
static const unsigned char dom_js[] = {
#embed "page/dom.js"
};
static const unsigned char engine_css[] = {
#embed "page/engine.css"
};
static const unsigned char engine_html[] = {
#embed "page/engine.html"
};
static const unsigned char engine_js[] = {
#embed "page/engine.js"
};
static const unsigned char errors_js[] = {
#embed "page/errors.js"
};
static const unsigned char events_js[] = {
#embed "page/events.js"
};
static const unsigned char exportDialog_js[] = {
#embed "page/exportDialog.js"
};
static const unsigned char exports_js[] = {
#embed "page/exports.js"
};
static const unsigned char header_js[] = {
#embed "page/header.js"
};
static const unsigned char icon_svg[] = {
#embed "page/icon.svg"
};
static const unsigned char index_html[] = {
#embed "page/index.html"
};
static const unsigned char key_js[] = {
#embed "page/key.js"
};
static const unsigned char known_js[] = {
#embed "page/known.js"
};
static const unsigned char metrics_js[] = {
#embed "page/metrics.js"
};
static const unsigned char pictures_js[] = {
#embed "page/pictures.js"
};
static const unsigned char report_css[] = {
#embed "page/report.css"
};
static const unsigned char schema_js[] = {
#embed "page/schema.js"
};
static const unsigned char sequence_js[] = {
#embed "page/sequence.js"
};
static const unsigned char settings_js[] = {
#embed "page/settings.js"
};
static const unsigned char sidebar_js[] = {
#embed "page/sidebar.js"
};
static const unsigned char storage_js[] = {
#embed "page/storage.js"
};
static const unsigned char texts_js[] = {
#embed "page/texts.js"
};
static const unsigned char turn_js[] = {
#embed "page/turn.js"
};
static const unsigned char welcome_js[] = {
#embed "page/welcome.js"
};
static const unsigned char scene_png[] = {
#embed "../../docs/examples/scene.png"
};

static const struct {
    const char *name;
    const unsigned char *bytes;
    size_t count;
} files[] = {
    {"answer.js", answer_js, sizeof answer_js},
    {"api.js", api_js, sizeof api_js},
    {"app.js", app_js, sizeof app_js},
    {"base.css", base_css, sizeof base_css},
    {"charts.js", charts_js, sizeof charts_js},
    {"compose.css", compose_css, sizeof compose_css},
    {"compose.js", compose_js, sizeof compose_js},
    {"composer.js", composer_js, sizeof composer_js},
    {"conversation.js", conversation_js, sizeof conversation_js},
    {"docs.css", docs_css, sizeof docs_css},
    {"docs.html", docs_html, sizeof docs_html},
    {"docs.js", docs_js, sizeof docs_js},
    {"dom.js", dom_js, sizeof dom_js},
    {"engine.css", engine_css, sizeof engine_css},
    {"engine.html", engine_html, sizeof engine_html},
    {"engine.js", engine_js, sizeof engine_js},
    {"errors.js", errors_js, sizeof errors_js},
    {"events.js", events_js, sizeof events_js},
    {"exportDialog.js", exportDialog_js, sizeof exportDialog_js},
    {"exports.js", exports_js, sizeof exports_js},
    {"header.js", header_js, sizeof header_js},
    {"icon.svg", icon_svg, sizeof icon_svg},
    {"index.html", index_html, sizeof index_html},
    {"key.js", key_js, sizeof key_js},
    {"known.js", known_js, sizeof known_js},
    {"metrics.js", metrics_js, sizeof metrics_js},
    {"pictures.js", pictures_js, sizeof pictures_js},
    {"report.css", report_css, sizeof report_css},
    {"schema.js", schema_js, sizeof schema_js},
    {"sequence.js", sequence_js, sizeof sequence_js},
    {"settings.js", settings_js, sizeof settings_js},
    {"sidebar.js", sidebar_js, sizeof sidebar_js},
    {"storage.js", storage_js, sizeof storage_js},
    {"texts.js", texts_js, sizeof texts_js},
    {"turn.js", turn_js, sizeof turn_js},
    {"welcome.js", welcome_js, sizeof welcome_js},
    {"scene.png", scene_png, sizeof scene_png},
};

size_t ilv_page_file_count(void)
{
    return sizeof files / sizeof *files;
}

const char *ilv_page_file_name(size_t index)
{
    return files[index].name;
}

const unsigned char *ilv_page_file_bytes(size_t index, size_t *count)
{
    *count = files[index].count;
    return files[index].bytes;
}
