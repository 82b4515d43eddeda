// SPDX-License-Identifier: Apache-2.0
// The only chooser of kernels.
#include <array>
#include <atomic>
#include <bit>

#include "base/check.hpp"
#include "dispatch/backend.hpp"

namespace chopmark {

#define CHOPMARK_BACKEND(name) extern const Backend name##_backend;
namespace backends {
#include "backend_list.inc"
}
#undef CHOPMARK_BACKEND

namespace {

#define CHOPMARK_BACKEND(name) +1
constexpr std::size_t kBackendCount = 0
#include "backend_list.inc"
    ;
#undef CHOPMARK_BACKEND

struct Chosen {
  const char* name = nullptr;
  Kernels kernels{};
};

struct Tables {
  std::array<Backend, kBackendCount> backends{
#define CHOPMARK_BACKEND(name) backends::name##_backend,
#include "backend_list.inc"
#undef CHOPMARK_BACKEND
  };
  std::array<Chosen, kBackendCount> chosen;  // entry i: everything up to level i
  std::atomic<const Chosen*> active{nullptr};

  Tables() noexcept {
    Kernels level{};
    for (std::size_t i = 0; i < kBackendCount; ++i) {
      const bool usable = backend_available(backends[i]);
      if (usable) {
        backends[i].install(level, cpu_features());
        active.store(&chosen[i], std::memory_order_relaxed);
      }
      chosen[i] = {usable ? backends[i].name : nullptr, level};
    }
    // The portable backend must have filled every slot.
    using Slots = std::array<std::uintptr_t, sizeof(Kernels) / sizeof(std::uintptr_t)>;
    for (const std::uintptr_t slot : std::bit_cast<Slots>(chosen[0].kernels)) {
      CHOPMARK_CHECK(slot != 0);
    }
    CHOPMARK_CHECK(active.load() != nullptr);
  }
};

Tables& tables() noexcept {
  static Tables instance;
  return instance;
}

}  // namespace

std::span<const Backend> compiled_backends() noexcept {
  return tables().backends;
}

bool backend_available(const Backend& backend) noexcept {
  return backend.supported(cpu_features());
}

UseBackend use_backend(std::string_view name) noexcept {
  Tables& t = tables();
  const Chosen* wanted = nullptr;
  for (std::size_t i = 0; i < kBackendCount; ++i) {
    if (!name.empty() && name != t.backends[i].name) continue;
    if (t.chosen[i].name != nullptr) {
      wanted = &t.chosen[i];
    } else if (!name.empty()) {
      return UseBackend::unsupported;
    }
  }
  if (wanted == nullptr) return UseBackend::unknown;
  t.active.store(wanted, std::memory_order_release);
  return UseBackend::ok;
}

const char* active_backend_name() noexcept {
  return tables().active.load(std::memory_order_acquire)->name;
}

const Kernels& kernels() noexcept {
  return tables().active.load(std::memory_order_acquire)->kernels;
}

}  // namespace chopmark
