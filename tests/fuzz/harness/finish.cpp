// SPDX-License-Identifier: Apache-2.0
#include "harness/target.hpp"

namespace chopmark::fuzz {

// Weak: a target that has to reach something defines its own.
__attribute__((weak)) void finish() {}

}  // namespace chopmark::fuzz
