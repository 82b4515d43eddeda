// SPDX-License-Identifier: Apache-2.0
#include "dispatch/cpu_features.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace chopmark {
namespace {

#if defined(__x86_64__)
std::uint64_t enabled_register_state() noexcept {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (std::uint64_t{high} << 32) | low;
}

CpuFeatures read_processor() noexcept {
  CpuFeatures features;
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return features;
  const auto bit = [](std::uint32_t word, unsigned index) { return ((word >> index) & 1U) != 0; };
  features.ssse3 = bit(ecx, 9);
  features.sse41 = bit(ecx, 19);
  // A vector register may be used only where the operating system saves it.
  const std::uint64_t saved = bit(ecx, 27) ? enabled_register_state() : 0;
  const bool ymm_saved = (saved & 0x06) == 0x06;
  const bool zmm_saved = (saved & 0xe6) == 0xe6;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return features;
  features.bmi2 = bit(ebx, 8);
  features.adx = bit(ebx, 19);
  features.sha_ni = bit(ebx, 29) && features.ssse3 && features.sse41;
  features.avx2 = bit(ebx, 5) && ymm_saved;
  features.avx512f = bit(ebx, 16) && zmm_saved;
  features.avx512dq = bit(ebx, 17) && features.avx512f;
  features.avx512ifma = bit(ebx, 21) && features.avx512f;
  features.avx512bw = bit(ebx, 30) && features.avx512f;
  features.avx512vl = bit(ebx, 31) && features.avx512f;
  features.avx512vbmi = bit(ecx, 1) && features.avx512f;
  return features;
}
#else
CpuFeatures read_processor() noexcept {
  return {};
}
#endif

}  // namespace

const CpuFeatures& cpu_features() noexcept {
  static const CpuFeatures features = read_processor();
  return features;
}

}  // namespace chopmark
