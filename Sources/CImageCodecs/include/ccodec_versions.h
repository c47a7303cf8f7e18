#ifndef ILV_CODEC_VERSIONS_H
#define ILV_CODEC_VERSIONS_H

// Which codec libraries the program runs with; of libjpeg, which tells no version at run time, the one it was built with.

const char *ilv_jpeg_version(void);
const char *ilv_png_version(void);
/// 0xMMmmpp: major, minor and patch.
int ilv_webp_version(void);
const char *ilv_zlib_version(void);

#endif
