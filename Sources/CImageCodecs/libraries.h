#ifndef ILV_CODEC_LIBRARIES_H
#define ILV_CODEC_LIBRARIES_H

// The codec libraries, with a word about what to do where one is missing. Clang would stop at the first missing header
// and leave the reader to guess its package.

#if !__has_include(<jpeglib.h>) || !__has_include(<png.h>) || !__has_include(<webp/decode.h>) || !__has_include(<zlib.h>)
#error "libjpeg-dev, libpng-dev, libwebp-dev or zlib1g-dev is missing: run scripts/setup, which installs all Debian packages that the build needs"
#endif

// libjpeg's header needs size_t and FILE.
#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>
#include <jerror.h>
#include <png.h>
#include <webp/decode.h>
#include <webp/demux.h>
#include <webp/encode.h>
#include <zlib.h>

#endif
