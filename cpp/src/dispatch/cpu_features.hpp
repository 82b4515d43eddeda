// SPDX-License-Identifier: Apache-2.0
// What this processor and its operating system offer. Floor: dispatch.
#pragma once

#include <cstdint>

namespace chopmark {

struct CpuFeatures {
  bool sse41 = false;
  bool ssse3 = false;
  bool sha_ni = false;
  bool bmi2 = false;
  bool adx = false;
  bool avx2 = false;
  bool avx512f = false;
  bool avx512dq = false;
  bool avx512bw = false;
  bool avx512vl = false;
  bool avx512ifma = false;
  bool avx512vbmi = false;
};

struct CpuFeatureName {
  const char* name;
  bool CpuFeatures::* bit;
};
inline constexpr CpuFeatureName kCpuFeatureNames[] = {
    {"sse4.1", &CpuFeatures::sse41},
    {"ssse3", &CpuFeatures::ssse3},
    {"sha_ni", &CpuFeatures::sha_ni},
    {"bmi2", &CpuFeatures::bmi2},
    {"adx", &CpuFeatures::adx},
    {"avx2", &CpuFeatures::avx2},
    {"avx512f", &CpuFeatures::avx512f},
    {"avx512dq", &CpuFeatures::avx512dq},
    {"avx512bw", &CpuFeatures::avx512bw},
    {"avx512vl", &CpuFeatures::avx512vl},
    {"avx512ifma", &CpuFeatures::avx512ifma},
    {"avx512vbmi", &CpuFeatures::avx512vbmi},
};

/// Reads the processor once; later calls return the same value.
[[nodiscard]] const CpuFeatures& cpu_features() noexcept;

}  // namespace chopmark
