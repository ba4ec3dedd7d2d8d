/* A driver library for machines without a GPU: what nvidia-ml-py calls, over one card with fixed figures.
   FAKE_NVML_GONE names a file; while it exists, the driver does not answer. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OK = 0, UNINITIALIZED = 1, NOT_SUPPORTED = 3, NOT_FOUND = 6, DRIVER_NOT_LOADED = 9 };
typedef struct { unsigned int gpu, memory; } rates;
typedef struct { unsigned long long total, free, used; } memory;
typedef struct { unsigned int pid; unsigned long long used; unsigned int instance, compute; } process;
typedef union { double d; int si; unsigned int ui; unsigned long ul; unsigned long long ull; long long sll; unsigned short us; } value;
typedef struct { unsigned long long at; value v; } point;

static unsigned long long calls;
static int gone(void) {
    const char *name = getenv("FAKE_NVML_GONE");
    return name != NULL && access(name, F_OK) == 0;
}
#define ALIVE if (gone()) return UNINITIALIZED

int nvmlInitWithFlags(unsigned int flags) { (void)flags; return gone() ? DRIVER_NOT_LOADED : OK; }
int nvmlInit_v2(void) { return gone() ? DRIVER_NOT_LOADED : OK; }
int nvmlShutdown(void) { ALIVE; return OK; }
const char *nvmlErrorString(int code) { (void)code; return "fake error"; }
int nvmlDeviceGetCount_v2(unsigned int *count) { ALIVE; *count = 1; return OK; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device) { ALIVE; *device = (void *)(size_t)(index + 1); return OK; }
int nvmlDeviceGetUUID(void *device, char *text, unsigned int length) {
    (void)device; ALIVE; strncpy(text, "GPU-ffffffff-0000-0000-0000-000000000000", length); return OK;
}
int nvmlDeviceGetName(void *device, char *text, unsigned int length) {
    (void)device; ALIVE; strncpy(text, "NVIDIA GeForce GTX 1080", length); return OK;
}
int nvmlDeviceGetMemoryInfo(void *device, memory *info) {
    (void)device; ALIVE; info->total = 8ULL << 30; info->used = 2ULL << 30; info->free = 6ULL << 30; return OK;
}
int nvmlDeviceGetUtilizationRates(void *device, rates *found) { (void)device; ALIVE; found->gpu = 37; found->memory = 5; return OK; }
int nvmlDeviceGetPowerUsage(void *device, unsigned int *milliwatts) { (void)device; ALIVE; *milliwatts = 151250; return OK; }
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *mj) { (void)device; (void)mj; return NOT_SUPPORTED; }
int nvmlDeviceGetClockInfo(void *device, int kind, unsigned int *mhz) { (void)device; ALIVE; *mhz = kind == 1 ? 1733 : 5005; return OK; }
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned int *count, process *found) {
    (void)device; ALIVE;
    if (found == NULL || *count < 1) { *count = 1; return 7; }
    *count = 1; memset(found, 0, sizeof *found); found->pid = 42; return OK;
}
int nvmlDeviceGetSamples(void *device, int kind, unsigned long long since, int *type, unsigned int *count, point *found) {
    (void)device; (void)kind; ALIVE;
    *type = 1;
    if (found == NULL) { *count = 2; calls++; return OK; }
    *count = 2;
    found[0].at = since + 100; found[0].v.ui = 12;
    found[1].at = since + 200; found[1].v.ui = 64;
    return OK;
}
