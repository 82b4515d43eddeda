// SPDX-License-Identifier: Apache-2.0
// The texts of cpp/src/backends/lanes over registers, with the stated bounds of limbs asserted.
// Compiled with the flags of the backend: the rules of cpp/src/backends/avx512ifma.cpp hold here
// too.
#ifdef __AVX512IFMA__
#if defined(__GNUC__) && !defined(__clang__)
// As in cpp/src/backends/avx512ifma.cpp.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
#endif

#include "backends/lane_functions.hpp"

#ifdef __AVX512IFMA__
#include "base/check.hpp"
#include "curve25519/constants.hpp"
#include "sig/kernels.hpp"

#ifndef CHOPMARK_CHECK_BOUNDS
#define CHOPMARK_CHECK_BOUNDS
#endif

namespace chopmark::backends {
namespace {

constexpr const char* kName = "avx512ifma";

// clang-format off: each is written over those before it
#include "backends/lanes/words.inl"
#include "backends/avx512ifma/vec8.inl"
#include "backends/lanes/field51.inl"
#include "backends/lanes/point.inl"
#include "backends/lanes/decode.inl"
#include "backends/lanes/exact.inl"
#include "backends/lanes/buckets.inl"
#include "backends/lanes/scalar52.inl"
#include "backends/lane_functions.inl"
// clang-format on

}  // namespace
}  // namespace chopmark::backends

namespace chopmark::test {
const LaneFunctions* const kAvx512IfmaLanes = &backends::kFunctions;
}
#else
namespace chopmark::test {
const LaneFunctions* const kAvx512IfmaLanes = nullptr;
}
#endif
