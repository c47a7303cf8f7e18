#ifndef ILV_FILES_H
#define ILV_FILES_H

/// Gives a file or folder another name, unless something has it already (renameat2(2) with
/// RENAME_NOREPLACE). Returns 0, or -1 with errno set.
int ilv_rename_exclusive(const char *path, const char *new_path);

#endif
