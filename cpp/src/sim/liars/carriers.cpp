// SPDX-License-Identifier: Apache-2.0
// Liars who say the truth late, to some, twice, garbled, or not at all.
#include <algorithm>

#include "sim/liars/behaviour.hpp"

namespace chopmark::sim::liars {
namespace {

/// Everything comes shortly before the timers of those who wait for it.
class Withhold final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t, std::vector<Parcel>& parcels) override {
    if (shared_.one_in(3)) return;
    const std::uint64_t longest = 2 * shared_.leader_timeout_us;
    for (Parcel& one : parcels)
      one.delay_us += longest / 2 + shared_.random.below(longest / 2);
    did(kWithhold);
  }
};

/// Votes and certificates to one node only, for a while the same.
class RevealToOne final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t, std::vector<Parcel>& parcels) override {
    if (parcels.size() < 2 || parcels[0].bytes[0] == 0x50) return;
    if (parcels[0].bytes[0] != 0x51 && parcels[0].bytes[0] != 0x52) return;
    if (left_ == 0) {
      left_ = 1 + shared_.random.below(40);
      favourite_ = shared_.any_honest();
    }
    --left_;
    std::erase_if(parcels, [&](const Parcel& one) { return one.to != favourite_; });
    did(kRevealToOne);
  }

 private:
  std::uint64_t left_ = 0;
  std::size_t favourite_ = 0;
};

/// Each message reaches some.
class Selective final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t, std::vector<Parcel>& parcels) override {
    const std::uint64_t chosen = shared_.random.next();
    std::erase_if(parcels, [&](const Parcel& one) { return (chosen >> one.to & 1) != 0; });
    did(kSelective);
  }
};

class Duplicates final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t, std::vector<Parcel>& parcels) override {
    const std::size_t count = parcels.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (shared_.one_in(2))
        parcels.push_back(
            {parcels[i].to, parcels[i].bytes, parcels[i].delay_us + shared_.random.below(400'000)});
    }
    did(kDuplicates);
  }
};

/// Flips a bit here and there.
class Flips final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t, std::vector<Parcel>& parcels) override {
    for (Parcel& one : parcels) {
      if (one.bytes.empty() || !shared_.one_in(4)) continue;
      Bytes bent(one.bytes.begin(), one.bytes.end());
      const std::uint64_t bit = shared_.random.below(8 * bent.size());
      bent[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
      if (shared_.one_in(8)) bent.resize(shared_.random.below(bent.size()) + 1);
      one.bytes = shared_.keep(std::move(bent));
      did(kFlips);
    }
  }
};

/// Repeats what anybody said.
class Repeats final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void tick() override {
    if (shared_.heard.empty() || !shared_.one_in(3)) return;
    const std::size_t node = shared_.members[shared_.random.below(shared_.members.size())];
    const Bytes& old = shared_.heard[shared_.random.below(shared_.heard.size())];
    const std::size_t to = shared_.any_honest();
    if (to == node) return;
    shared_.out->send(node, to, old, shared_.random.below(2'000'000));
    did(kRepeats);
  }
};

/// Says nothing for a while, and hears nothing.
class Silent final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void tick() override {
    if (shared_.now_us < next_) return;
    silent_ = !silent_;
    next_ = shared_.now_us + 100'000 + shared_.random.below(silent_ ? 2'000'000 : 4'000'000);
  }
  void bend(std::size_t, std::vector<Parcel>& parcels) override {
    if (!silent_) return;
    parcels.clear();
    did(kSilent);
  }
  bool incoming(std::size_t, std::size_t, ByteView) override { return !silent_; }

 private:
  bool silent_ = false;
  std::uint64_t next_ = 0;
};

}  // namespace

std::unique_ptr<Behaviour> make_carrier(Act act, Shared& shared) {
  switch (act) {
    case kWithhold:
      return std::make_unique<Withhold>(shared);
    case kRevealToOne:
      return std::make_unique<RevealToOne>(shared);
    case kSelective:
      return std::make_unique<Selective>(shared);
    case kDuplicates:
      return std::make_unique<Duplicates>(shared);
    case kFlips:
      return std::make_unique<Flips>(shared);
    case kRepeats:
      return std::make_unique<Repeats>(shared);
    case kSilent:
      return std::make_unique<Silent>(shared);
    default:
      return nullptr;
  }
}

}  // namespace chopmark::sim::liars
