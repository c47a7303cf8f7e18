#ifndef ILV_BUILD_H
#define ILV_BUILD_H

/// The commit that the program was built from, as `git describe` names it; empty where the build was not told.
const char *ilv_build_commit(void);

#endif
