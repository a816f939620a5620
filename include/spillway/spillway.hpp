#pragma once

/// Spillway for C++20: gives memory back before anything crashes. Header-only over spillway.h; link
/// libspillway (pkg-config spillway, or spillway::cpp from the CMake package).
///
///   spillway::MemoryManager memory{{.check_interval = 2s, .warning = 0.80}};
///   auto stt = memory.register_model({.name = "stt", .bytes = 1.5_GiB, .offload = ...});
///   memory.start_monitoring();
///   auto text = stt.run([&](spillway::Place where) { return transcribe(audio, where); });

#include "spillway/batch_governor.hpp"
#include "spillway/bounded_cache.hpp"
#include "spillway/buffer_pool.hpp"
#include "spillway/cascade.hpp"
#include "spillway/history_limit.hpp"
#include "spillway/lane.hpp"
#include "spillway/lazy_model.hpp"
#include "spillway/manager.hpp"
#include "spillway/model.hpp"
#include "spillway/request_scope.hpp"
#include "spillway/shared_buffer.hpp"
#include "spillway/status.hpp"
#include "spillway/types.hpp"
