// Stops one thread of a process for good, as a computation that never ends would: usage stall PROCESS THREAD_NAME.
// The others go on. SIGTERM ends it, and then the thread goes on, too.
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static int has_name(const char *process, const char *thread, const char *wanted) {
    char path[128], name[32] = "";
    snprintf(path, sizeof path, "/proc/%.20s/task/%.20s/comm", process, thread);
    FILE *file = fopen(path, "r");
    if (file == NULL) return 0;
    char *line = fgets(name, sizeof name, file);
    fclose(file);
    if (line == NULL) return 0;
    name[strcspn(name, "\n")] = 0;
    return strcmp(name, wanted) == 0;
}

int main(int count, char **arguments) {
    char path[64];
    if (count != 3) return 2;
    snprintf(path, sizeof path, "/proc/%.20s/task", arguments[1]);
    DIR *threads = opendir(path);
    if (threads == NULL) return 1;
    for (struct dirent *entry; (entry = readdir(threads)) != NULL;) {
        if (!has_name(arguments[1], entry->d_name, arguments[2])) continue;
        pid_t thread = atoi(entry->d_name);
        if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) != 0 || ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) != 0) {
            perror("stall");
            return 1;
        }
        puts("stalled");
        fflush(stdout);
        // A thread that was watched is gone when whoever watches it has seen its end.
        while (waitpid(-1, NULL, __WALL) >= 0) {}
        return 0;
    }
    return 1;
}
