#if !__has_include(<zlib.h>)
#error "zlib1g-dev is missing: run scripts/setup, which installs all Debian packages that the build needs"
#endif
#include <zlib.h>
