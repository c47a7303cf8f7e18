// The page in the browser, the files of the folder `page`, as they stood when the program was built.
#pragma once

#include <stddef.h>

/// How many files there are.
size_t ilv_page_file_count(void);

/// The name of a file, such as `base.css`; it lives as long as the program. `index` is below the number of files.
const char *ilv_page_file_name(size_t index);

/// The bytes of a file, `*count` of them; they live as long as the program. `index` is below the number of files.
const unsigned char *ilv_page_file_bytes(size_t index, size_t *count);
