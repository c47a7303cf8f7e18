#if !__has_include(<openssl/evp.h>)
#error "libssl-dev is missing: run scripts/setup, which installs all Debian packages that the build needs"
#endif
#include <openssl/crypto.h>
#include <openssl/evp.h>
