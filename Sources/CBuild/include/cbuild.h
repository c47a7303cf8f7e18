#ifndef ILV_BUILD_H
#define ILV_BUILD_H

/// The commit that the program was built from, as `git describe` names it; empty where the build was not told.
const char *ilv_build_commit(void);

/// The version of the sources, as Package.swift names it.
const char *ilv_build_version(void);

#endif
