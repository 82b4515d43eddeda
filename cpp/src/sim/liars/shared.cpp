// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "sim/liars/behaviour.hpp"

namespace chopmark::sim::liars {
namespace {

constexpr std::size_t kHeardMax = 64;

void append_sized(Bytes& out, ByteView bytes) {
  std::array<std::uint8_t, 4> size{};
  store_be(size.data(), static_cast<std::uint32_t>(bytes.size()));
  append(out, size);
  append(out, bytes);
}

}  // namespace

void Shared::hear(ByteView message) {
  std::uint64_t in_epoch = 0;
  std::uint64_t in_view = 0;
  checks::VoteView vote;
  if (checks::read_vote(message, vote)) {
    in_epoch = vote.epoch;
    in_view = vote.view;
  } else if (message.size() > 200 && message[0] == 0x50) {
    const checks::HeaderView header{message.data() + 1};
    in_epoch = header.epoch();
    in_view = header.view();
  }
  // What liars say about far views is not believed by liars either.
  if (in_epoch == epoch + 1) {
    epoch = in_epoch;
    view = 1;
  }
  if (in_epoch == epoch && in_view > view && in_view < view + 64) view = in_view;
  if (heard.size() == kHeardMax) heard.pop_front();
  heard.emplace_back(message.begin(), message.end());
}

std::size_t Shared::any_honest() {
  for (std::size_t tries = 0; tries < 64; ++tries) {
    const auto node = static_cast<std::size_t>(random.below(setup.keys.size()));
    if (!setup.byzantine[node]) return node;
  }
  return 0;
}

Bytes Shared::vote(std::size_t node, Vote kind, std::uint64_t in_epoch, std::uint64_t in_view,
                   const std::uint8_t* digest) {
  const checks::VotePayload payload(setup.chain_id, kind, in_epoch, in_view, digest);
  const SimSignature signature = sign(setup.keys[node], payload.view());
  Bytes made;
  made.reserve(116);
  made.resize(20);
  made[0] = 0x51;
  made[1] = static_cast<std::uint8_t>(kind);
  store_be(made.data() + 2, speaks_as[node]);
  store_be(made.data() + 4, in_epoch);
  store_be(made.data() + 12, in_view);
  if (digest != nullptr) append(made, {digest, 32});
  append(made, signature);
  return made;
}

Bytes Shared::proposal(std::size_t node, Bytes header, ByteView justification, ByteView payload,
                       Digest& digest) {
  const bool closing = header[0] == 0x21;
  std::ranges::copy(sha256(justification), header.begin() + (closing ? 132 : 244));
  if (!closing) {
    std::ranges::copy(sha256(payload), header.begin() + 100);
    store_be(header.data() + 132, static_cast<std::uint32_t>(payload.size()));
  }
  digest = sha256(header);
  const checks::HeaderView read{header.data()};
  const checks::VotePayload signs(setup.chain_id, Vote::notarize, read.epoch(), read.view(),
                                  digest.data());
  Bytes made = checks::started(0x50);
  append(made, header);
  append(made, sign(setup.keys[node], signs.view()));
  append_sized(made, justification);
  append_sized(made, payload);
  return made;
}

std::unique_ptr<Behaviour> make_behaviour(Act act, Shared& shared) {
  for (const auto make : {make_proposer, make_voter, make_carrier, make_answerer}) {
    std::unique_ptr<Behaviour> made = make(act, shared);
    if (made != nullptr) return made;
  }
  return nullptr;
}

}  // namespace chopmark::sim::liars
