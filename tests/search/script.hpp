// SPDX-License-Identifier: Apache-2.0
// Scripts of named scenarios (docs/search.md): one command a line, run on real replicas.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "world.hpp"

namespace chopmark::search {

struct ScriptFailure {
  std::size_t line = 0;
  std::string what;
};

/// Nothing if every command could be done and every expectation held; agreement and the
/// blamelessness of honest nodes are expected after every line.
[[nodiscard]] std::optional<ScriptFailure> run_script(std::string_view text);

/// The world that a script leaves behind; null if it fails.
[[nodiscard]] std::unique_ptr<World> world_after(std::string_view text);

}  // namespace chopmark::search
