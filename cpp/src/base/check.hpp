// SPDX-License-Identifier: Apache-2.0
// CHECK is for our own bugs. It stays on in release builds and never fires on input from outside.
// Floor: base.
#pragma once

#include <cstdio>
#include <cstdlib>

#define CHOPMARK_CHECK(condition)                                                        \
  do {                                                                                   \
    if (!(condition)) [[unlikely]] {                                                     \
      std::fprintf(stderr, "chopmark bug: %s is false at %s:%d\n", #condition, __FILE__, \
                   __LINE__);                                                            \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
