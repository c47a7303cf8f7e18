#include "cbuild.h"

const char *ilv_build_commit(void) {
    return ILV_COMMIT;
}

const char *ilv_build_version(void) {
    return ILV_VERSION;
}
