// SPDX-License-Identifier: Apache-2.0
// Liars who answer, accuse and flood.
#include <algorithm>

#include "sim/liars/behaviour.hpp"

namespace chopmark::sim::liars {
namespace {

using checks::read_vote;
using checks::VoteView;

void append_sized(Bytes& out, ByteView bytes) {
  std::array<std::uint8_t, 4> size{};
  store_be(size.data(), static_cast<std::uint32_t>(bytes.size()));
  append(out, size);
  append(out, bytes);
}

/// Wrong blocks and certificates to those who ask.
class Poison final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t, std::vector<Parcel>& parcels) override {
    for (Parcel& one : parcels) {
      const bool answer = one.bytes.size() > 100 && (one.bytes[0] == 0x54 || one.bytes[0] == 0x52);
      if (!answer || parcels.size() != 1 || !shared_.one_in(2)) continue;
      Bytes bent(one.bytes.begin(), one.bytes.end());
      switch (shared_.random.below(3)) {
        case 0:
          bent.back() ^= 1;
          break;
        case 1:
          bent[1 + shared_.random.below(99)] ^= 1;
          break;
        default:
          replace_by_another(bent);
      }
      one.bytes = shared_.keep(std::move(bent));
      did(kPoison);
    }
  }
  bool incoming(std::size_t node, std::size_t from, ByteView message) override {
    if (message.empty() || message[0] != 0x53 || !shared_.one_in(2)) return true;
    for (const Bytes& old : shared_.heard) {
      if (old[0] != 0x50 && old[0] != 0x52) continue;
      Bytes answer = old;
      checks::BlockView block;
      if (checks::read_block(old, block)) answer = as_block(block);
      if (shared_.one_in(2)) answer.back() ^= 1;
      shared_.send(node, from, std::move(answer));
      did(kPoison);
      if (shared_.one_in(4)) break;
    }
    return true;
  }

 private:
  static Bytes as_block(const checks::BlockView& block) {
    Bytes out = checks::started(0x54);
    append(out, block.header.bytes());
    append_sized(out, block.justification);
    append_sized(out, block.payload);
    return out;
  }
  void replace_by_another(Bytes& bent) {
    for (const Bytes& old : shared_.heard) {
      if (old[0] == bent[0] && old != bent) {
        bent = old;
        return;
      }
    }
  }
};

/// Accuses honest nodes by forged votes, and by true ones that go together.
class Frame final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  bool incoming(std::size_t node, std::size_t, ByteView message) override {
    VoteView vote;
    if (!read_vote(message, vote)) return true;
    if (!shared_.one_in(6)) {
      if (last_.empty() || shared_.one_in(8)) last_.assign(message.begin(), message.end());
      return true;
    }
    const Bytes mine(message.begin(), message.end());
    Bytes other = last_.empty() ? mine : last_;
    if (shared_.one_in(2)) {
      Digest digest{};
      digest[0] = static_cast<std::uint8_t>(shared_.random.below(256));
      const auto kind = static_cast<Vote>(0x10 + shared_.random.below(3));
      other = shared_.vote(node, kind, vote.epoch, vote.view,
                           kind == Vote::nullify ? nullptr : digest.data());
      store_be(other.data() + 2, vote.validator);
    }
    constexpr std::array<std::uint8_t, 6> kKinds = {2, 3, 4, 5, 7, 8};
    Bytes evidence = {0x57, kKinds[shared_.random.below(kKinds.size())]};
    evidence.resize(12);
    store_be(evidence.data() + 2, vote.validator);
    store_be(evidence.data() + 4, vote.epoch);
    const bool swapped = shared_.one_in(2);
    append_sized(evidence, swapped ? other : mine);
    append_sized(evidence, swapped ? mine : other);
    shared_.send_to_all(node, evidence);
    did(kFrame);
    return true;
  }

 private:
  Bytes last_;
};

/// As much as links carry, for a while: garbage, questions, votes of many blocks.
class Flood final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void tick() override {
    if (sent_ >= kMost || !shared_.one_in(4)) return;
    const std::size_t node = shared_.members[shared_.random.below(shared_.members.size())];
    const std::size_t to = shared_.any_honest();
    for (std::uint64_t left = 1 + shared_.random.below(30); left != 0; --left, ++sent_)
      shared_.send(node, to, one_of_many(node));
    did(kFlood);
  }

 private:
  static constexpr std::uint64_t kMost = 3000;
  Bytes one_of_many(std::size_t node) {
    Digest digest{};
    store_be(digest.data(), shared_.random.next());
    const std::uint64_t view = shared_.view + shared_.random.below(64);
    switch (shared_.random.below(4)) {
      case 0: {
        const auto kind = static_cast<Vote>(0x10 + 2 * shared_.random.below(2));
        return shared_.vote(node, kind, shared_.epoch, view, digest.data());
      }
      case 1: {
        Bytes ask(18);
        ask[0] = 0x53;
        store_be(ask.data() + 1, shared_.epoch);
        store_be(ask.data() + 9, 1 + shared_.random.below(view));
        ask[17] = static_cast<std::uint8_t>(1 + shared_.random.below(3));
        if (ask[17] == 2) append(ask, digest);
        return ask;
      }
      case 2: {
        // A certificate of right form: every signature is to be verified before it is refused.
        for (const Bytes& old : shared_.heard) {
          if (old[0] != 0x52) continue;
          Bytes bent = old;
          bent.back() ^= static_cast<std::uint8_t>(1 + shared_.random.below(255));
          return bent;
        }
        return checks::started(0x52);
      }
      default: {
        Bytes garbage(1 + shared_.random.below(300));
        for (std::uint8_t& one : garbage)
          one = static_cast<std::uint8_t>(shared_.random.below(256));
        if (shared_.one_in(2))
          garbage[0] = static_cast<std::uint8_t>(0x50 + shared_.random.below(9));
        return garbage;
      }
    }
  }
  std::uint64_t sent_ = 0;
};

/// Tells those who forgot that nobody went far, or that it did, without or with a proof.
class LyingReplies final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  bool incoming(std::size_t node, std::size_t from, ByteView message) override {
    if (message.size() != 41 || message[0] != 0x55) return true;
    const std::uint64_t style = shared_.random.below(4);
    std::uint64_t highest = style == 0   ? 0
                            : style == 1 ? 1
                                         : shared_.random.below(shared_.view + 1);
    if (style == 3) highest = shared_.view + (std::uint64_t{1} << shared_.random.below(40));
    std::array<std::uint8_t, 8> number{};
    store_be(number.data(), highest);
    Bytes payload = checks::started(0x13);
    append(payload, shared_.setup.chain_id);
    append(payload, message.subspan(1));
    append(payload, shared_.setup.keys[from]);
    append(payload, number);
    Bytes reply = checks::started(0x56);
    append(reply, message.subspan(1));
    std::array<std::uint8_t, 2> validator{};
    store_be(validator.data(), shared_.speaks_as[node]);
    append(reply, validator);
    append(reply, number);
    append(reply, shared_.sign(shared_.setup.keys[node], payload));
    add_proof(reply);
    shared_.send(node, from, std::move(reply));
    did(kLyingReplies);
    return false;
  }

 private:
  /// Any certificate that was heard, or none.
  void add_proof(Bytes& reply) {
    for (const Bytes& old : shared_.heard) {
      if (old[0] != 0x52 || shared_.one_in(3)) continue;
      reply.push_back(1);
      append_sized(reply, ByteView(old).subspan(1));
      return;
    }
    reply.push_back(0);
  }
};

}  // namespace

std::unique_ptr<Behaviour> make_answerer(Act act, Shared& shared) {
  switch (act) {
    case kPoison:
      return std::make_unique<Poison>(shared);
    case kFrame:
      return std::make_unique<Frame>(shared);
    case kFlood:
      return std::make_unique<Flood>(shared);
    case kLyingReplies:
      return std::make_unique<LyingReplies>(shared);
    default:
      return nullptr;
  }
}

}  // namespace chopmark::sim::liars
