// A host that tells on a plugin: it loads a VST3 library, plays it hard, and counts every allocation, lock, sleep and file access
// that happens inside process().
//
//     realtime LIBRARY PARAMETERS [plant]     prints one line of JSON; "plant" makes the host itself misbehave, to show that it counts
#include <dlfcn.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "src/travesty/audio_processor.h"
#include "src/travesty/component.h"
#include "src/travesty/factory.h"

namespace {

thread_local bool inside = false;
std::atomic<long> allocations{0}, locks{0}, files{0}, sleeps{0};

void count(std::atomic<long>& what) {
    if (inside)
        ++what;
}

template <typename Function>
Function next(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);

void* malloc(size_t size) { count(allocations); return __libc_malloc(size); }
void* calloc(size_t n, size_t size) { count(allocations); return __libc_calloc(n, size); }
void* realloc(void* old, size_t size) { count(allocations); return __libc_realloc(old, size); }
void* memalign(size_t align, size_t size) { count(allocations); return __libc_memalign(align, size); }
void* aligned_alloc(size_t align, size_t size) { count(allocations); return __libc_memalign(align, size); }
int posix_memalign(void** out, size_t align, size_t size) { count(allocations); *out = __libc_memalign(align, size); return *out ? 0 : 12; }
void free(void* block) { if (block) count(allocations); __libc_free(block); }

int pthread_mutex_lock(pthread_mutex_t* mutex) {
    static auto real = next<int (*)(pthread_mutex_t*)>("pthread_mutex_lock");
    count(locks);
    return real(mutex);
}
int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
    static auto real = next<int (*)(pthread_cond_t*, pthread_mutex_t*)>("pthread_cond_wait");
    count(locks);
    return real(condition, mutex);
}
ssize_t write(int file, const void* data, size_t size) {
    static auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
    count(files);
    return real(file, data, size);
}
ssize_t read(int file, void* data, size_t size) {
    static auto real = next<ssize_t (*)(int, void*, size_t)>("read");
    count(files);
    return real(file, data, size);
}
FILE* fopen(const char* path, const char* mode) {
    static auto real = next<FILE* (*)(const char*, const char*)>("fopen");
    count(files);
    return real(path, mode);
}
int fflush(FILE* file) {
    static auto real = next<int (*)(FILE*)>("fflush");
    count(files);
    return real(file);
}
int vfprintf(FILE* file, const char* format, va_list list) {
    static auto real = next<int (*)(FILE*, const char*, va_list)>("vfprintf");
    count(files);
    return real(file, format, list);
}
int fprintf(FILE* file, const char* format, ...) {
    va_list list;
    va_start(list, format);
    const int n = vfprintf(file, format, list);
    va_end(list);
    return n;
}
int printf(const char* format, ...) {
    va_list list;
    va_start(list, format);
    const int n = vfprintf(stdout, format, list);
    va_end(list);
    return n;
}
size_t fwrite(const void* data, size_t size, size_t n, FILE* file) {
    static auto real = next<size_t (*)(const void*, size_t, size_t, FILE*)>("fwrite");
    count(files);
    return real(data, size, n, file);
}
int fputs(const char* text, FILE* file) {
    static auto real = next<int (*)(const char*, FILE*)>("fputs");
    count(files);
    return real(text, file);
}
int puts(const char* text) { return fprintf(stdout, "%s\n", text); }
int nanosleep(const struct timespec* wanted, struct timespec* left) {
    static auto real = next<int (*)(const struct timespec*, struct timespec*)>("nanosleep");
    count(sleeps);
    return real(wanted, left);
}
int usleep(useconds_t us) {
    static auto real = next<int (*)(useconds_t)>("usleep");
    count(sleeps);
    return real(us);
}
}

namespace {

constexpr int kMost = 1024;
uint32_t seed = 1;
uint32_t chance(uint32_t below) { return (seed = seed * 1664525u + 1013904223u) / 65536u % below; }

bool plant = false;
int frames = 0, notes = 0, parameters = 0, changes = 0;
v3_event queue[32];
struct Change {
    v3_param_id id;
    int32_t at;
    double value;
} moved[8];

void misbehave() {
    if (!plant)
        return;
    free(malloc(16));
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    usleep(1);
    if (write(-1, "", 0) == 0)
        std::abort();
}

v3_result nothing(void*, const v3_tuid, void**) { return V3_NO_INTERFACE; }
uint32_t one(void*) { return 1; }

struct Unknown {
    v3_result (*query)(void*, const v3_tuid, void**) = nothing;
    uint32_t (*ref)(void*) = one, (*unref)(void*) = one;
};

struct EventTable : Unknown {
    uint32_t (*get_event_count)(void*) = [](void*) -> uint32_t { return static_cast<uint32_t>(notes); };
    v3_result (*get_event)(void*, int32_t, v3_event*) = [](void*, int32_t i, v3_event* event) -> v3_result {
        *event = queue[i];
        return V3_OK;
    };
    v3_result (*add_event)(void*, v3_event*) = [](void*, v3_event*) -> v3_result { return V3_OK; };
} eventTable;
EventTable* events = &eventTable;

struct QueueTable : Unknown {
    v3_param_id (*get_param_id)(void*);
    int32_t (*get_point_count)(void*) = [](void*) -> int32_t { return 1; };
    v3_result (*get_point)(void*, int32_t, int32_t*, double*);
    v3_result (*add_point)(void*, int32_t, double, int32_t*) = [](void*, int32_t, double, int32_t*) -> v3_result { return V3_OK; };
};

struct Queue {
    QueueTable* table;
    int index;
};

QueueTable queueTable;
Queue queues[8];
void* queuePointers[8];

struct ChangesTable : Unknown {
    int32_t (*get_param_count)(void*) = [](void*) -> int32_t {
        misbehave();
        return changes;
    };
    void** (*get_param_data)(void*, int32_t) = [](void*, int32_t i) -> void** { return reinterpret_cast<void**>(&queues[i]); };
    void** (*add_param_data)(void*, v3_param_id*, int32_t*) = [](void*, v3_param_id*, int32_t*) -> void** { return nullptr; };
} changesTable;
ChangesTable* changed = &changesTable;

void compose() {
    notes = frames > 0 ? static_cast<int>(chance(24)) : 0;
    int32_t at = 0;
    for (int i = 0; i < notes; ++i) {
        std::memset(&queue[i], 0, sizeof(v3_event));
        at += static_cast<int32_t>(chance(static_cast<uint32_t>(std::max(1, (frames - at) / 2))));
        queue[i].sample_offset = at;
        queue[i].type = chance(3) ? V3_EVENT_NOTE_ON : V3_EVENT_NOTE_OFF;
        queue[i].note_on.channel = static_cast<int16_t>(chance(16));
        queue[i].note_on.pitch = static_cast<int16_t>(chance(128));
        if (queue[i].type == V3_EVENT_NOTE_ON)
            queue[i].note_on.velocity = static_cast<float>(1 + chance(127)) / 127.0f;
    }
    changes = static_cast<int>(chance(8));
    for (int i = 0; i < changes; ++i)
        moved[i] = {chance(static_cast<uint32_t>(parameters)), static_cast<int32_t>(chance(2) ? 0 : chance(static_cast<uint32_t>(frames))), chance(1001) / 1000.0};
}

template <typename Table>
Table* vtable(void** object, int first) {
    return reinterpret_cast<Table*>(static_cast<void**>(*object) + first);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3)
        return 2;
    parameters = std::atoi(argv[2]);
    const bool planted = argc > 3;
    queueTable.get_param_id = [](void* self) { return moved[static_cast<Queue*>(self)->index].id; };
    queueTable.get_point = [](void* self, int32_t, int32_t* at, double* value) -> v3_result {
        const Change& change = moved[static_cast<Queue*>(self)->index];
        *at = change.at;
        *value = change.value;
        return V3_OK;
    };
    for (int i = 0; i < 8; ++i)
        queues[i] = {&queueTable, i};

    void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        std::fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    if (auto enter = reinterpret_cast<bool (*)(void*)>(dlsym(library, "ModuleEntry")))
        enter(library);
    auto* factory = reinterpret_cast<void** (*)()>(dlsym(library, "GetPluginFactory"))();
    auto* makers = vtable<v3_plugin_factory>(factory, 3);
    v3_class_info about = {};
    makers->get_class_info(factory, 0, &about);
    void** component = nullptr;
    if (makers->create_instance(factory, about.class_id, v3_component_iid, reinterpret_cast<void**>(&component)) != V3_OK)
        return 1;
    vtable<v3_plugin_base>(component, 3)->initialize(component, nullptr);
    void** processor = nullptr;
    vtable<v3_funknown>(component, 0)->query_interface(component, v3_audio_processor_iid, reinterpret_cast<void**>(&processor));
    auto* parts = vtable<v3_component>(component, 5);
    auto* process = vtable<v3_audio_processor>(processor, 3);
    const int inputs = parts->get_bus_count(component, V3_AUDIO, V3_INPUT);
    for (int direction : {V3_INPUT, V3_OUTPUT})
        for (int i = 0; i < parts->get_bus_count(component, V3_AUDIO, direction); ++i)
            parts->activate_bus(component, V3_AUDIO, direction, i, true);

    static float buffers[4][kMost];
    float* in[2] = {buffers[0], buffers[1]};
    float* out[2] = {buffers[2], buffers[3]};
    v3_audio_bus_buffers inBus = {}, outBus = {};
    inBus.num_channels = outBus.num_channels = 2;
    inBus.channel_buffers_32 = in;
    outBus.channel_buffers_32 = out;
    long blocks = 0, bad = 0;
    double worst = 0.0, peak = 0.0;
    for (double rate : {44100.0, 48000.0, 96000.0}) {
        v3_process_setup setup = {V3_REALTIME, V3_SAMPLE_32, kMost, rate};
        process->setup_processing(processor, &setup);
        parts->set_active(component, true);
        process->set_processing(processor, true);
        for (int block = 0; block < 400; ++block, ++blocks) {
            const int sizes[] = {1, 16, 63, 64, 128, 480, 512, 1024};
            frames = sizes[chance(8)];
            compose();
            for (auto* channel : in)
                for (int i = 0; i < frames; ++i)
                    channel[i] = (static_cast<float>(chance(2001)) - 1000.0f) / 2000.0f;
            v3_process_data data = {};
            data.symbolic_sample_size = V3_SAMPLE_32;
            data.nframes = frames;
            data.num_input_buses = inputs;
            data.num_output_buses = 1;
            data.inputs = inputs ? &inBus : nullptr;
            data.outputs = &outBus;
            data.input_events = reinterpret_cast<v3_event_list**>(&events);
            data.input_params = reinterpret_cast<v3_param_changes**>(&changed);
            data.output_params = reinterpret_cast<v3_param_changes**>(&changed);
            plant = planted;
            const auto began = std::chrono::steady_clock::now();
            inside = true;
            process->process(processor, &data);
            inside = false;
            const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
            plant = false;
            if (frames >= 64)
                worst = std::max(worst, took * rate / frames);
            for (auto* channel : out)
                for (int i = 0; i < frames; ++i) {
                    bad += !std::isfinite(channel[i]);
                    peak = std::max(peak, std::fabs(static_cast<double>(channel[i])));
                }
        }
        process->set_processing(processor, false);
        parts->set_active(component, false);
    }
    std::fprintf(stdout, "{\"blocks\": %ld, \"allocations\": %ld, \"locks\": %ld, \"files\": %ld, \"sleeps\": %ld, \"not_finite\": %ld, \"peak\": %.3f, \"worst_load\": %.3f}\n",
                 blocks, allocations.load(), locks.load(), files.load(), sleeps.load(), bad, peak, worst);
    std::fflush(stdout);
    std::_Exit(0);
}
