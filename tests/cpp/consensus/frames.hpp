// SPDX-License-Identifier: Apache-2.0
// The encodings of configurations and events as a driver writes them, and of effects as it reads.
#pragma once

#include <vector>

#include "consensus/config.hpp"
#include "consensus/event.hpp"
#include "types/samples.hpp"

namespace chopmark::test {

Bytes encode_config(const consensus::Config& config);
/// Validator `index` of `validators`; an observer if there is none.
consensus::Config sample_config(std::uint16_t index, std::size_t validators);

Bytes frame(std::uint8_t kind, ByteView body);
Bytes encode_event(const consensus::Event& event);
Bytes encode_events(const std::vector<consensus::Event>& events);

struct Frame {
  std::uint8_t kind;
  Bytes body;
};
/// All frames of `bytes`; a test fails if there is anything else.
std::vector<Frame> frames_of(ByteView bytes);

}  // namespace chopmark::test
