// SPDX-License-Identifier: Apache-2.0
#include "consensus/effect.hpp"

#include "consensus/frames.hpp"

namespace chopmark::test {
namespace {

using namespace consensus;

Bytes taken(Effects& effects) {
  Bytes out;
  effects.take(out);
  return out;
}

std::string only_frame(Effects& effects, std::uint8_t kind) {
  const std::vector<Frame> frames = frames_of(taken(effects));
  EXPECT(frames.size() == 1 && frames[0].kind == kind);
  return frames.empty() ? "" : to_hex(frames[0].body);
}

std::string hex_of(const Bytes& bytes) {
  codec::Writer out;
  out.u32(static_cast<std::uint32_t>(bytes.size()));
  return to_hex(out.take()) + to_hex(bytes);
}

const Bytes kBytes = random_bytes(1, 20);
const std::string kOne = "0000000000000001";
const std::string kTwo = "0000000000000002";

}  // namespace

TEST(effect_frames_of_fixed_layout) {
  Effects effects;
  effects.sign(1, kBytes);
  EXPECT_EQ(only_frame(effects, 0x82), kOne + to_hex(kBytes));
  effects.persist(2, kBytes);
  EXPECT_EQ(only_frame(effects, 0x83), kTwo + to_hex(kBytes));
  effects.send(kEveryone, kBytes);
  EXPECT_EQ(only_frame(effects, 0x84), "ffff" + to_hex(kBytes));
  effects.send(3, {});
  EXPECT_EQ(only_frame(effects, 0x84), "0003");
  effects.set_timer(2);
  EXPECT_EQ(only_frame(effects, 0x85), kTwo);
  effects.build(1, some_digest(4), 2, 0x01020304, false);
  EXPECT_EQ(only_frame(effects, 0x86), kOne + to_hex(some_digest(4)) + kTwo + "0102030400");
  effects.build(1, some_digest(4), 2, 0x01020304, true);
  EXPECT_EQ(only_frame(effects, 0x86), kOne + to_hex(some_digest(4)) + kTwo + "0102030401");
  effects.serve(3, 2);
  EXPECT_EQ(only_frame(effects, 0x8a), "0003" + kTwo);
  EXPECT(taken(effects).empty());
}

TEST(effect_block_frames) {
  const BlockBody block = sample_block(random_bytes(2, 9), random_bytes(3, 11));
  const std::string head = to_hex(block.digest) + to_hex(block.header_bytes);
  Effects effects;
  effects.certify(block);
  EXPECT_EQ(only_frame(effects, 0x87), head + to_hex(block.payload));
  effects.deliver(block, kBytes);
  EXPECT_EQ(only_frame(effects, 0x88), "0000000000000303" + head + hex_of(kBytes) +
                                           hex_of(block.justification) + to_hex(block.payload));
  effects.evidence({2, 5, 1, kBytes, {}});
  EXPECT_EQ(only_frame(effects, 0x89), "020005" + kOne + hex_of(kBytes) + "00000000");
}

TEST(effect_epoch) {
  const std::vector<Bytes> proof{random_bytes(4, 3), {}, random_bytes(5, 300)};
  Effects effects;
  effects.epoch(kBytes, proof);
  std::string expected = hex_of(kBytes);
  for (const Bytes& message : proof)
    expected += hex_of(message);
  EXPECT_EQ(only_frame(effects, 0x8b), expected);
}

TEST(effect_verify_votes) {
  for (std::size_t count = 0; count < 5; ++count) {
    std::vector<SignatureCheck> checks;
    std::string keys, signatures, payloads;
    codec::Writer offsets;
    std::uint64_t offset = 0;
    offsets.u64(0);
    for (std::size_t i = 0; i < count; ++i) {
      checks.push_back({some_digest(i), some_signature(i), random_bytes(i, 3 * i)});
      keys += to_hex(checks[i].public_key);
      signatures += to_hex(checks[i].signature);
      payloads += to_hex(checks[i].payload);
      offsets.u64(offset += 3 * i);
    }
    Effects effects;
    effects.verify_votes(1, checks);
    const std::string number = "0000000" + std::to_string(count);
    EXPECT_EQ(only_frame(effects, 0x81),
              kOne + number + keys + signatures + to_hex(offsets.take()) + payloads);
  }
}

TEST(effect_order_is_kept) {
  Effects effects;
  for (std::uint64_t i = 0; i < 20; ++i)
    effects.set_timer(i);
  const std::vector<Frame> frames = frames_of(taken(effects));
  EXPECT_EQ(frames.size(), 20U);
  for (std::size_t i = 0; i < frames.size(); ++i)
    EXPECT_EQ(+frames[i].body.back(), +static_cast<std::uint8_t>(i));
}

}  // namespace chopmark::test
