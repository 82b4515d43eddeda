// SPDX-License-Identifier: Apache-2.0
// Liars who lead, or pretend to.
#include <algorithm>

#include "sim/liars/behaviour.hpp"

namespace chopmark::sim::liars {
namespace {

using checks::BlockView;
using checks::read_block;

bool is_proposal(ByteView message) {
  return !message.empty() && message[0] == 0x50;
}

Bytes header_of(const BlockView& block) {
  const ByteView bytes = block.header.bytes();
  return {bytes.begin(), bytes.end()};
}

/// A header that an honest voter may take just as well: one millisecond later.
Bytes twin_header(const BlockView& block, std::uint64_t later_ms) {
  Bytes header = header_of(block);
  std::uint8_t* const time = header.data() + (block.header.closing() ? 164 : 276);
  store_be(time, load_be<std::uint64_t>(time) + later_ms);
  return header;
}

/// Two blocks of one view, each shown to some; and later to the others, who may have forgotten.
class Equivocate final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t node, std::vector<Parcel>& parcels) override {
    BlockView block;
    if (parcels.empty() || !is_proposal(parcels[0].bytes) || !read_block(parcels[0].bytes, block))
      return;
    if (shared_.one_in(4)) return;
    Fork fork;
    fork.epoch = block.header.epoch();
    fork.view = block.header.view();
    fork.first = sha256(block.header.bytes());
    fork.leader = node;
    const ByteView other = shared_.keep(shared_.proposal(
        node, twin_header(block, 1), block.justification, block.payload, fork.second));
    // Sometimes the same to all but one, sometimes both to all, one after the other.
    const std::uint64_t style = shared_.random.below(4);
    fork.side = style == 0 ? std::uint64_t{1} << shared_.any_honest() : shared_.random.next();
    fork.first_proposal.assign(parcels[0].bytes.begin(), parcels[0].bytes.end());
    fork.second_proposal.assign(other.begin(), other.end());
    const std::size_t count = parcels.size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t to = parcels[i].to;
      if (!is_proposal(parcels[i].bytes)) continue;
      if ((fork.side >> to & 1) != 0) parcels[i].bytes = other;
      if (style == 1) parcels.push_back({to, other, shared_.random.below(50'000)});
    }
    if (shared_.forks.size() == 8) shared_.forks.pop_front();
    shared_.forks.push_back(std::move(fork));
    did(kEquivocate);
  }
  void tick() override {
    if (shared_.forks.empty() || !shared_.one_in(8)) return;
    const Fork& fork = shared_.forks[shared_.random.below(shared_.forks.size())];
    if (fork.epoch != shared_.epoch || fork.view + 64 < shared_.view) return;
    const std::size_t to = shared_.any_honest();
    if (to == fork.leader) return;
    const bool second = (fork.side >> to & 1) == 0;
    shared_.out->send(fork.leader, to, second ? fork.second_proposal : fork.first_proposal, 0);
  }
};

/// Justifications that leave a view out, or claim the anchor as parent.
class Gaps final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t node, std::vector<Parcel>& parcels) override {
    BlockView block;
    if (parcels.empty() || !is_proposal(parcels[0].bytes) || !read_block(parcels[0].bytes, block))
      return;
    if (shared_.one_in(2)) return;
    const ByteView j = block.justification;
    Bytes bent(j.begin(), j.end());
    const std::size_t parent = j.empty() || j[0] == 0 || j.size() < 5
                                   ? 1
                                   : 5 + std::size_t{load_be<std::uint32_t>(j.data() + 1)};
    const std::size_t count = j.size() < parent + 2 ? 0 : load_be<std::uint16_t>(j.data() + parent);
    if (count != 0 && j.size() >= parent + 6) {
      const std::size_t size = 4 + std::size_t{load_be<std::uint32_t>(j.data() + parent + 2)};
      if (size > j.size() - parent - 2) return;
      const auto first = bent.begin() + static_cast<std::ptrdiff_t>(parent + 2);
      bent.erase(first, first + static_cast<std::ptrdiff_t>(size));
      store_be(bent.data() + parent, static_cast<std::uint16_t>(count - 1));
    } else {
      bent.assign({0, 0, 0});
      if (shared_.one_in(2)) bent.clear();
    }
    Digest digest;
    const ByteView other =
        shared_.keep(shared_.proposal(node, header_of(block), bent, block.payload, digest));
    for (Parcel& one : parcels)
      if (is_proposal(one.bytes)) one.bytes = other;
    did(kGaps);
  }
};

/// Justifications in which one signature is wrong.
class BadSignature final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t node, std::vector<Parcel>& parcels) override {
    BlockView block;
    if (parcels.empty() || !is_proposal(parcels[0].bytes) || !read_block(parcels[0].bytes, block))
      return;
    Bytes bent(block.justification.begin(), block.justification.end());
    if (bent.size() < 100 || shared_.one_in(2)) return;
    // The last two bytes are the count of nullifications, if there are none.
    bent[bent.size() - 3 - shared_.random.below(60)] ^= 1;
    Digest digest;
    const ByteView other =
        shared_.keep(shared_.proposal(node, header_of(block), bent, block.payload, digest));
    for (Parcel& one : parcels)
      if (is_proposal(one.bytes) && !shared_.one_in(3)) one.bytes = other;
    did(kBadSignature);
  }
};

/// Proposes what another one led, in the own name or in his.
class WrongLeader final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  bool incoming(std::size_t node, std::size_t, ByteView message) override {
    BlockView block;
    if (is_proposal(message) && read_block(message, block)) {
      if (shared_.one_in(4)) instead(node, block);
      newest_.assign(message.begin(), message.end());
    } else if (message[0] == 0x52) {
      follow(node, message.subspan(1));
    }
    return true;
  }
  void bend(std::size_t node, std::vector<Parcel>& parcels) override {
    if (parcels.empty()) return;
    const ByteView message = parcels[0].bytes;
    if (is_proposal(message)) newest_.assign(message.begin(), message.end());
    if (message[0] == 0x52) follow(node, message.subspan(1));
  }

 private:
  void instead(std::size_t node, const BlockView& block) {
    Bytes header = twin_header(block, 2);
    if (shared_.one_in(2)) store_be(header.data() + 98, shared_.speaks_as[node]);
    Digest digest;
    shared_.send_to_all(node, shared_.proposal(node, std::move(header), block.justification,
                                               block.payload, digest));
    did(kWrongLeader);
  }
  /// The next view's block as soon as its parent is notarized, before him who leads it.
  void follow(std::size_t node, ByteView certificate) {
    BlockView parent;
    checks::Cursor in(certificate);
    checks::CertificateView read;
    if (newest_.empty() || !read_block(newest_, parent) || !checks::read_subject(in, read)) return;
    if (read.kind != Vote::notarize || read.view != parent.header.view() ||
        (read.epoch == followed_epoch_ && read.view <= followed_) || parent.header.closing())
      return;
    const Digest digest = sha256(parent.header.bytes());
    if (!checks::same(digest, read.digest) || !shared_.one_in(2)) return;
    followed_epoch_ = read.epoch;
    followed_ = read.view;
    Bytes header = twin_header(parent, 1);
    for (const std::size_t at : {std::size_t{42}, std::size_t{50}})  // view, height
      store_be(header.data() + at, load_be<std::uint64_t>(header.data() + at) + 1);
    store_be(header.data() + 58, read.view);
    std::ranges::copy(digest, header.begin() + 66);
    store_be(header.data() + 98, shared_.speaks_as[node]);
    Bytes why(5, 1);
    store_be(why.data() + 1, static_cast<std::uint32_t>(certificate.size()));
    append(why, certificate);
    why.resize(why.size() + 2);
    constexpr std::array<std::uint8_t, 4> kNothing = {};
    Digest made;
    shared_.send_to_all(node, shared_.proposal(node, std::move(header), why, kNothing, made));
    did(kWrongLeader);
  }
  Bytes newest_;
  std::uint64_t followed_epoch_ = 0;
  std::uint64_t followed_ = 0;
};

/// Blocks whose header is wrong in one field, signed all the same.
class BadHeader final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t node, std::vector<Parcel>& parcels) override {
    BlockView block;
    if (parcels.empty() || !is_proposal(parcels[0].bytes) || !read_block(parcels[0].bytes, block))
      return;
    if (shared_.one_in(3)) return;
    Bytes header = header_of(block);
    spoil(header, block.header.closing());
    Digest digest;
    const ByteView other = shared_.keep(
        shared_.proposal(node, std::move(header), block.justification, block.payload, digest));
    for (Parcel& one : parcels)
      if (is_proposal(one.bytes) && !shared_.one_in(5)) one.bytes = other;
    did(kBadHeader);
  }

 private:
  static void add(Bytes& header, std::size_t at, std::uint64_t more) {
    store_be(header.data() + at, load_be<std::uint64_t>(header.data() + at) + more);
  }
  void spoil(Bytes& header, bool closing) {
    const std::size_t time = closing ? 164 : 276;
    const bool last = !closing && !checks::zero(header.data() + 212, 32);
    switch (last && shared_.one_in(2) ? 6 : shared_.random.below(closing ? 6 : 9)) {
      case 0:
        return add(header, 50, 1 + shared_.random.below(2));  // height
      case 1:
        return add(header, 50, ~std::uint64_t{0});
      case 2:
        return add(header, time, ~std::uint64_t{0} - shared_.random.below(100'000));  // earlier
      case 3:
        return add(header, time, 60'000);
      case 4:
        header[66 + shared_.random.below(32)] ^= 1;  // parent
        return;
      case 5:
        return add(header, 58, shared_.one_in(2) ? 1 : ~std::uint64_t{0});  // parent view
      case 6:
        header[212 + shared_.random.below(32)] ^= 1;  // next set
        return;
      case 7:
        header[140 + shared_.random.below(72)] ^= 1;  // roots
        return;
      default:
        std::fill_n(header.begin() + 212, 32, std::uint8_t{0});
        if (!last) header[212] = 1;
    }
  }
};

/// Proposes just before the leader's timer fires.
class LateProposal final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t, std::vector<Parcel>& parcels) override {
    if (parcels.empty() || !is_proposal(parcels[0].bytes)) return;
    const std::uint64_t full = shared_.leader_timeout_us;
    const std::uint64_t delay = full - full / 8 + shared_.random.below(full / 8);
    for (Parcel& one : parcels)
      if (is_proposal(one.bytes)) one.delay_us += delay;
    did(kLateProposal);
  }
};

/// The driver builds payloads that no ledger takes.
class InvalidPayload final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  bool spoils_payload() override {
    const bool spoilt = !shared_.one_in(3);
    if (spoilt) did(kInvalidPayload);
    return spoilt;
  }
};

}  // namespace

std::unique_ptr<Behaviour> make_proposer(Act act, Shared& shared) {
  switch (act) {
    case kEquivocate:
      return std::make_unique<Equivocate>(shared);
    case kGaps:
      return std::make_unique<Gaps>(shared);
    case kBadSignature:
      return std::make_unique<BadSignature>(shared);
    case kWrongLeader:
      return std::make_unique<WrongLeader>(shared);
    case kBadHeader:
      return std::make_unique<BadHeader>(shared);
    case kLateProposal:
      return std::make_unique<LateProposal>(shared);
    case kInvalidPayload:
      return std::make_unique<InvalidPayload>(shared);
    default:
      return nullptr;
  }
}

}  // namespace chopmark::sim::liars
