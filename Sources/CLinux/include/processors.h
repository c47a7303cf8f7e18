#ifndef ILV_PROCESSORS_H
#define ILV_PROCESSORS_H

/// Number of processors this process may run on (sched_getaffinity(2)); at least 1.
int ilv_processor_count(void);

#endif
