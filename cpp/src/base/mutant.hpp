// SPDX-License-Identifier: Apache-2.0
// Rule bugs that the mutation gate turns on, one at a time, in a build of its own
// (docs/testing.md, "Mutants"). In every other build `mutant` is false at compile time. Floor:
// base.
#pragma once

namespace chopmark {

#ifdef CHOPMARK_MUTANTS
inline int active_mutant = 0;
inline bool mutant(int number) noexcept {
  return active_mutant == number;
}
#else
constexpr bool mutant(int) noexcept {
  return false;
}
#endif

}  // namespace chopmark
