#ifndef ILV_PROCESSORS_H
#define ILV_PROCESSORS_H

/// Number of processors this process may run on (sched_getaffinity(2)); at least 1.
int ilv_processor_count(void);

/// Gives the calling thread a name of at most 15 bytes; the rest is cut off.
void ilv_thread_set_name(const char *name);

/// Keeps the calling thread to one of the processors that this process may run on, index taken modulo
/// their number. Does nothing where the system refuses.
void ilv_thread_pin(int index);

#endif
