// SPDX-License-Identifier: Apache-2.0
#include "consensus/config.hpp"

#include <string_view>
#include <utility>

#include "base/endian.hpp"
#include "base/limits.hpp"
#include "codec/reader.hpp"
#include "hash/sha256.hpp"

namespace chopmark::consensus {

Result<Config> parse_config(ByteView bytes) {
  codec::Reader in(bytes);
  Config out;
  out.chain_id = in.digest();
  out.own_key = in.digest();
  out.validators = read_validator_set(in);
  in.expect(!in.ok() || !out.validators.empty(), Error::limit);
  out.genesis_time_ms = in.u64();
  out.delta_ms = in.u32();
  out.build_ms = in.u32();
  out.standstill_ms = in.u32();
  out.heartbeat_ms = in.u32();
  in.expect(out.delta_ms != 0 && out.standstill_ms != 0 && out.heartbeat_ms != 0, Error::value);
  out.views_per_leader = in.u16();
  in.expect(out.views_per_leader != 0, Error::value);
  out.payload_bytes_max = in.u32();
  in.expect(out.payload_bytes_max >= 4 && out.payload_bytes_max <= limits::kPayloadBytesMax,
            Error::limit);
  out.epoch_blocks = in.u32();
  in.finish();
  if (!in.ok()) return in.failure();
  return out;
}

std::vector<std::uint16_t> leader_order(const Digest& seed, std::size_t validators) {
  std::vector<std::uint16_t> order(validators);
  for (std::size_t i = 0; i < validators; ++i)
    order[i] = static_cast<std::uint16_t>(i);
  for (std::size_t i = validators; i > 1; --i) {
    // A 64-bit draw for each step: its bias of at most 32 / 2^64 is of no consequence.
    std::array<std::uint8_t, 40> input;
    std::copy(seed.begin(), seed.end(), input.begin());
    store_be<std::uint64_t>(input.data() + 32, i);
    const std::uint64_t draw = load_be<std::uint64_t>(sha256(input).data());
    std::swap(order[i - 1], order[draw % i]);
  }
  return order;
}

Digest leader_seed(const Digest& anchor) noexcept {
  constexpr std::string_view domain = "chopmark leaders";
  Sha256 hasher;
  hasher.update({reinterpret_cast<const std::uint8_t*>(domain.data()), domain.size()});
  hasher.update(anchor);
  return hasher.finish();
}

std::uint64_t last_height(const Config& config, std::uint64_t epoch) noexcept {
  constexpr std::uint64_t never = ~std::uint64_t{0};
  if (config.epoch_blocks == 0 || epoch > never / config.epoch_blocks) return never;
  return epoch * config.epoch_blocks;
}

}  // namespace chopmark::consensus
