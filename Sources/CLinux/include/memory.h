#ifndef ILV_MEMORY_H
#define ILV_MEMORY_H

/// Has the C library give large blocks back to the system when they are freed (mallopt(3)). By itself it begins to keep
/// them once it has seen some, up to tens of megabytes for each thread that decodes pictures. Called once, before threads.
void ilv_return_large_memory(void);

/// Gives back to the system what is free, also between blocks in use. Takes milliseconds.
void ilv_trim_memory(void);

#endif
