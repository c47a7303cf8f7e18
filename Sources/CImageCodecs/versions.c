#include "ccodec_versions.h"

#include "libraries.h"

#define ILV_TEXT_OF(x) #x
#define ILV_TEXT(x) ILV_TEXT_OF(x)

const char *ilv_jpeg_version(void) {
#ifdef LIBJPEG_TURBO_VERSION
    return "libjpeg-turbo " ILV_TEXT(LIBJPEG_TURBO_VERSION);
#else
    return "libjpeg " ILV_TEXT(JPEG_LIB_VERSION);
#endif
}

const char *ilv_png_version(void) {
    return png_get_libpng_ver(NULL);
}

int ilv_webp_version(void) {
    return WebPGetDecoderVersion();
}

const char *ilv_zlib_version(void) {
    return zlibVersion();
}
