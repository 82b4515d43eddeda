// SPDX-License-Identifier: Apache-2.0
// The texts of cpp/src/backends/lanes over an array, with the stated bounds of limbs asserted.
#include "backends/lane_functions.hpp"
#include "base/check.hpp"
#include "curve25519/constants.hpp"
#include "sig/kernels.hpp"

// Only from here on: the headers above are those of the whole program.
#ifndef CHOPMARK_CHECK_BOUNDS
#define CHOPMARK_CHECK_BOUNDS
#endif
#define LANE_INLINE inline

namespace chopmark::backends {
namespace {

constexpr const char* kName = "array";

// clang-format off: each is written over those before it
#include "backends/lanes/words.inl"
#include "backends/array_vec8.inl"
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
const LaneFunctions kArrayLanes = backends::kFunctions;
}
